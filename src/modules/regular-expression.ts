import { BadInput } from "../contract/errors.ts";

/**
 * The JavaScript expression that an argument holds. Flags that Python has in front, as in `(?i)abc`, are taken; what
 * only Python knows, and JavaScript would read as something else, is refused with the spelling here. Throws BadInput.
 */
export function regularExpression(module: string, argument: string, source: string, flags = ""): RegExp {
  const [inFront = "", letters = ""] = /^\(\?([ims]+)\)/.exec(source) ?? [];
  const hint = pythonOnly.find(([pattern]) => pattern.test(source))?.[1];
  if (hint !== undefined) throw refused(module, argument, "this is how Python writes it", hint);
  try {
    return new RegExp(source.slice(inFront.length), [...new Set([...flags, ...letters])].join(""));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw refused(module, argument, why, "Regular expressions are JavaScript's.");
  }
}

/** In an odd number of backslashes the last one belongs to the letter. */
const pythonOnly: readonly (readonly [RegExp, string])[] = [
  [/\(\?P</, "Write (?<name>…) for a named group."],
  [/\(\?P=/, "Write \\k<name> for what a named group matched."],
  [/(?<!\\)(?:\\\\)*\\A/, "Write (?<![\\s\\S]) in place of \\A, for the start of the text."],
  [/(?<!\\)(?:\\\\)*\\Z/, "Write (?![\\s\\S]) in place of \\Z, for the end of the text."],
];

function refused(module: string, argument: string, why: string, hint: string): BadInput {
  return new BadInput([{ message: `${module}: ${argument}: ${why}`, hint }]);
}
