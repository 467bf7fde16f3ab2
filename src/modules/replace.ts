import { BadInput } from "../contract/errors.ts";
import { changingModule } from "../contract/module.ts";
import { absolutePath, backup, closed, ownership, text, validate, word } from "./argument-schemas.ts";
import { planEdit } from "./edit-text.ts";
import type { Attributes } from "./file-attributes.ts";
import { type FileChange, putFile, touchesOfFile } from "./managed-file.ts";
import { regularExpression } from "./regular-expression.ts";
import { standingFile } from "./standing-file.ts";

export interface ReplaceArgs extends Attributes {
  readonly path: string;
  readonly regexp: string;
  readonly replace?: string;
  readonly after?: string;
  readonly before?: string;
  readonly backup?: boolean;
  readonly validate?: string;
}

/** Replaces every match of an expression in a text file. */
export const replace = changingModule<ReplaceArgs, FileChange>({
  name: "replace",
  description:
    "Replaces every match of a regular expression in a text file. Differs from Ansible: the expression is JavaScript's, with `(?<name>…)` for a named group. What not everybody may read on the host is not shown in a diff.",
  preview: "exact",
  args: closed(
    {
      path: absolutePath("The text file."),
      regexp: word(
        "A JavaScript regular expression; `^` and `$` match at every line. A second run must find nothing left to replace.",
      ),
      replace: text(
        "What takes the place of each match: `\\1` or `\\g<name>` put in what a group matched, `\\n` a line end. Nothing, when it is left out: the matches go.",
      ),
      after: word("An expression: replace only behind its first match. `.` matches line ends here."),
      before: word(
        "An expression: replace only before its last match; with `after`, before the first one behind that.",
      ),
      ...ownership,
      backup,
      validate,
    },
    { required: ["path", "regexp"] },
  ),

  async check(args, host, context) {
    return planEdit(args, host, context, (text) => replaced(text, args));
  },

  touches: touchesOfFile,
  apply: putFile,
  current: ({ path }, host) => standingFile(path, host),
});

function replaced(text: string, args: ReplaceArgs): string {
  const regexp = regularExpression("replace", "regexp", args.regexp, "gm");
  const [start, end] = section(text, args);
  const inner = text.slice(start, end).replace(regexp, putIn(args.replace ?? ""));
  return text.slice(0, start) + inner + text.slice(end);
}

/** Where the part begins and ends in which matches are replaced; an empty part when the marks are not there. */
function section(text: string, { after, before }: ReplaceArgs): readonly [number, number] {
  if (after === undefined && before === undefined) return [0, text.length];
  const begin =
    after === undefined ? undefined : regularExpression("replace", "after", after, "s").exec(text);
  if (begin === null) return [0, 0];
  const start = begin === undefined ? 0 : begin.index + begin[0].length;
  if (before === undefined) return [start, text.length];
  const ends = [...text.slice(start).matchAll(regularExpression("replace", "before", before, "gs"))];
  // As in Ansible: alone it stands for its last match, behind `after` for the next one.
  const end = after === undefined ? ends.at(-1) : ends[0];
  return end === undefined ? [0, 0] : [start, start + end.index];
}

/** Puts groups into the replacement as Python does, which is how Ansible's users write it; `$` is a plain character. */
function putIn(template: string): (...match: unknown[]) => string {
  return (...match) => {
    const named = match.at(-1);
    const groups = typeof named === "object" && named !== null ? (named as Record<string, unknown>) : {};
    const count = match.findIndex((part) => typeof part === "number");
    return template.replace(/\\(?:(\d{1,2})|g<(\w+)>|(.))/gs, (all, number, name, letter) => {
      if (letter !== undefined) return letters[letter] ?? all;
      const key = String(number ?? name);
      const isNumber = /^\d+$/.test(key);
      if (isNumber ? Number(key) >= count : !Object.hasOwn(groups, key)) throw noGroup(key);
      return String((isNumber ? match[Number(key)] : groups[key]) ?? "");
    });
  };
}

const letters: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", "\\": "\\" };

function noGroup(group: string): BadInput {
  return new BadInput([
    {
      message: `replace: the expression has no group ${group}`,
      hint: "Put ( ) round the part that replace puts in again.",
    },
  ]);
}
