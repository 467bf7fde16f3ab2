import { BadInput } from "./errors.ts";

/**
 * Splits a command line into its words as a POSIX shell would, but expands nothing: quotes and backslashes keep
 * blanks, and what a shell would act on (`|`, `>`, `$`, `*`, …) is refused unless it is quoted, because
 * without a shell it would silently mean nothing. Throws BadInput.
 */
export function splitWords(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let at = 0;
  while (at < line.length) {
    const [part] = nextPart.exec(line.slice(at)) ?? [""];
    if (part === "") throw refused(line, at, word === undefined);
    at += part.length;
    if (!blank.test(part)) word = (word ?? "") + unquoted(part);
    else if (word !== undefined) {
      words.push(word);
      word = undefined;
    }
  }
  if (word !== undefined) words.push(word);
  return words;
}

const blank = /^[ \t\r\n]+$/;

/** Blanks, a quoted part, an escaped character, or plain characters. */
const nextPart = /^(?:[ \t\r\n]+|'[^']*'|"(?:[^"\\]|\\.)*"|\\.|[^ \t\r\n'"\\|&;<>()$`*?[]+)/s;

function unquoted(part: string): string {
  if (part.startsWith("'")) return part.slice(1, -1);
  if (part.startsWith('"'))
    return part
      .slice(1, -1)
      .replaceAll(/\\(["\\$`])/g, "$1")
      .replaceAll("\\\n", "");
  if (part.startsWith("\\")) return part === "\\\n" ? "" : part.slice(1);
  return part;
}

function refused(line: string, at: number, startsWord: boolean): BadInput {
  const found = line[at] ?? "";
  if (found === "'" || found === '"') {
    return new BadInput([
      { message: `a ${found} is never closed in the command: ${line}`, hint: "Close the quote." },
    ]);
  }
  if (found === "\\") {
    return new BadInput([
      { message: `the command ends with a backslash: ${line}`, hint: "Take it out, or double it." },
    ]);
  }
  const where = startsWord ? `"${found}" at the start of a word` : `"${found}" inside a word`;
  return new BadInput([
    {
      message: `${where} means nothing without a shell: ${line}`,
      hint: `Put quotes round it if it is meant as it stands, or use the module "shell".`,
    },
  ]);
}
