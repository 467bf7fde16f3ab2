import { type Inner, NoSpelling, quoted, strength, type Written } from "./cel-text.ts";
import type { Jinja } from "./read-jinja.ts";

/** Tests of what kind of value it is, and CEL's name for that kind. */
const types: ReadonlyMap<string, string> = new Map([
  ["string", "string"],
  ["boolean", "bool"],
  ["integer", "int"],
  ["mapping", "map"],
]);

/** Tests of what a task registered, and the word of the result that they ask for. */
const results: ReadonlyMap<string, { readonly word: string; readonly opposite: boolean }> = new Map([
  ["failed", { word: "failed", opposite: false }],
  ["changed", { word: "changed", opposite: false }],
  ["skipped", { word: "skipped", opposite: false }],
  ["succeeded", { word: "failed", opposite: true }],
  ["success", { word: "failed", opposite: true }],
]);

/** A test (`is defined`) in CEL. Throws NoSpelling. */
export function testOf(
  { of, name, negated, args }: Extract<Jinja, { kind: "test" }>,
  quote: string,
  inner: Inner,
): Written {
  const subject = inner(of, strength.whole);
  const argument = args[0] === undefined ? undefined : inner(args[0], strength.sum);
  const flag = (text: string, turned = negated): Written =>
    turned ? { text: `!${text}`, strength: strength.unary } : { text, strength: strength.whole };
  const compared = (text: string, other: string): Written => ({
    text: `${text} ${negated ? "!=" : "=="} ${other}`,
    strength: strength.comparison,
  });
  const operand = inner(of, strength.sum);
  const type = types.get(name);
  if (type !== undefined) return compared(`type(${subject})`, type);
  const result = results.get(name);
  if (result !== undefined) return flag(`${subject}.${result.word}`, negated !== result.opposite);
  switch (name) {
    case "defined":
      return flag(`defined(${subject})`);
    case "undefined":
      return flag(`defined(${subject})`, !negated);
    case "none":
      return compared(operand, "null");
    case "true":
    case "false":
      return compared(operand, name);
    case "match":
    case "search":
    case "regex":
      return flag(`regexMatch(${subject}, ${patternOf(name, args[0], quote, inner)})`);
    case "equalto":
    case "eq":
    case "sameas":
      return compared(operand, argument ?? "null");
    case "contains":
      return flag(`contains(${subject}, ${argument ?? ""})`);
    case "in": {
      const text = `${operand} in ${argument ?? "[]"}`;
      return negated ? flag(`(${text})`) : { text, strength: strength.comparison };
    }
    default:
      throw new NoSpelling(`test \`is ${name}\``);
  }
}

function patternOf(name: string, pattern: Jinja | undefined, quote: string, inner: Inner): string {
  if (pattern === undefined) throw new NoSpelling(`\`is ${name}\` without a pattern`);
  if (pattern.kind !== "text" || name !== "match" || pattern.text.startsWith("^")) return inner(pattern);
  return quoted(`^${pattern.text}`, quote);
}
