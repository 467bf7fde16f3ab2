import { isList } from "../../contract/json.ts";
import { quoteWord } from "../../contract/shell-words.ts";
import { patternOf, textOf, wholeOf } from "./arguments.ts";
import type { Helpers } from "./helper.ts";

/** Helpers that make text of text. */
export const textHelpers: Helpers = {
  quote: {
    usage: "quote VALUE",
    description: "One word for the shell; a list gives several words.",
    example: ['{{quote "it\'s"}}', "'it'\\''s'"],
    run: ([value]) => (isList(value) ? value.map(shellWord).join(" ") : shellWord(value)),
    cel: "string",
  },
  lower: {
    usage: "lower TEXT",
    description: "Small letters.",
    example: ['{{lower "Mail"}}', "mail"],
    run: ([text]) => textOf(text).toLowerCase(),
    cel: "string",
  },
  upper: {
    usage: "upper TEXT",
    description: "Capital letters.",
    example: ['{{upper "Mail"}}', "MAIL"],
    run: ([text]) => textOf(text).toUpperCase(),
    cel: "string",
  },
  trim: {
    usage: "trim TEXT",
    description: "Without white space at both ends.",
    example: ['{{trim " mail "}}', "mail"],
    run: ([text]) => textOf(text).trim(),
    cel: "string",
  },
  replace: {
    usage: 'replace TEXT "FROM" "TO"',
    description: "Every FROM becomes TO, letter by letter.",
    example: ['{{replace "a.b.c" "." "-"}}', "a-b-c"],
    run: ([text, from, to]) => textOf(text).replaceAll(textOf(from), () => textOf(to)),
    cel: "string",
  },
  regexReplace: {
    usage: 'regexReplace TEXT "PATTERN" "TO"',
    description:
      "Every match of the regular expression becomes TO, in which $1 stands for the first group (Ansible's `\\\\1`).",
    example: ['{{regexReplace "info@example.org" "@(.+)$" " at $1"}}', "info at example.org"],
    run: ([text, pattern, to]) => textOf(text).replaceAll(patternOf(pattern), textOf(to)),
    cel: "string",
  },
  regexMatch: {
    usage: 'regexMatch TEXT "PATTERN"',
    description:
      "True when the regular expression is found anywhere in the text; `^` and `$` hold it to the ends.",
    example: ['{{regexMatch "mail1" "^mail[0-9]+$"}}', true],
    run: ([text, pattern]) => patternOf(pattern).test(textOf(text)),
    cel: "bool",
  },
  indent: {
    usage: "indent TEXT [WIDTH]",
    description: "Every line but the first set in by 4 spaces, or by WIDTH. Empty lines stay empty.",
    example: ['{{indent "a\nb" 2}}', "a\n  b"],
    run: ([text, width = 4]) => textOf(text).replaceAll(/\n(?=[^\n])/g, `\n${" ".repeat(wholeOf(width))}`),
    cel: "string",
  },
  comment: {
    usage: 'comment TEXT ["MARK"]',
    description: "Every line behind `# `, or behind MARK and a space.",
    example: ['{{comment "kept by Mailferry"}}', "# kept by Mailferry"],
    run: ([text, mark = "#"]) =>
      textOf(text).replaceAll(/^.*$/gm, (line) => `${textOf(mark)} ${line}`.trimEnd()),
    cel: "string",
  },
  basename: {
    usage: "basename PATH",
    description: "The last part of a path.",
    example: ['{{basename "/var/vmail/"}}', "vmail"],
    run: ([path]) => textOf(path).replace(/\/+$/, "").replace(/^.*\//, ""),
    cel: "string",
  },
  dirname: {
    usage: "dirname PATH",
    description: "A path without its last part.",
    example: ['{{dirname "/var/vmail"}}', "/var"],
    run: ([path]) => parentOf(textOf(path).replace(/\/+$/, "")),
    cel: "string",
  },
};

function shellWord(value: Parameters<typeof textOf>[0]): string {
  return quoteWord(textOf(value));
}

function parentOf(path: string): string {
  const slash = path.lastIndexOf("/");
  if (slash < 0) return ".";
  return slash === 0 ? "/" : path.slice(0, slash);
}
