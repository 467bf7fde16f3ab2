import { type Inner, NoSpelling, quoted, strength, type Written } from "./cel-text.ts";
import { algorithmOf, helperForFilter, replacementHere } from "./filters.ts";
import type { Argument, Jinja } from "./read-jinja.ts";

/** A filter in CEL. Throws NoSpelling. */
export function filterOf(
  { of, name, args }: Extract<Jinja, { kind: "filter" }>,
  quote: string,
  inner: Inner,
): Written {
  const subject = inner(of);
  const tight = inner(of, strength.whole);
  const whole = (text: string): Written => ({ text, strength: strength.whole });
  const values = args.filter((arg) => arg.name === undefined).map(({ value }) => value);
  const [first, second] = values;
  if (name === "length" || name === "count") return whole(`size(${subject})`);
  if (name === "int" || name === "string") return whole(`${name}(${subject})`);
  if (name === "float") return whole(`double(${subject})`);
  if (name === "default" || name === "d") return whole(`default(${subject}, ${first ? inner(first) : '""'})`);
  if (name === "ternary" && first && second) {
    const branches = [first, second].map((part) => inner(part, strength.or));
    return { text: `${inner(of, strength.or)} ? ${branches.join(" : ")}`, strength: strength.choice };
  }
  if (name === "regex_search") return whole(`regexMatch(${subject}, ${inner(first ?? noPattern())})`);
  if (name === "difference" && first)
    return whole(`${tight}.filter(x, !(x in ${inner(first, strength.sum)}))`);
  if (name === "intersect" && first) return whole(`${tight}.filter(x, x in ${inner(first, strength.sum)})`);
  if (name === "map") return whole(`${tight}.map(x, ${attribute(args)})`);
  if (name === "selectattr" || name === "rejectattr") return whole(selection(name, tight, values, inner));
  const helper = helperForFilter(name);
  if (helper === undefined) throw new NoSpelling(`filter \`${name}\``);
  const written = values.map((value, index) =>
    name === "regex_replace" && index === 1 && value.kind === "text"
      ? quoted(replacementHere(value.text), quote)
      : inner(value),
  );
  const algorithm = written.length === 0 ? algorithmOf(name) : undefined;
  const rest = algorithm === undefined ? written : [quoted(algorithm, quote)];
  return whole(`${helper}(${[subject, ...rest].join(", ")})`);
}

function noPattern(): never {
  throw new NoSpelling("search without a pattern");
}

function attribute(args: readonly Argument[]): string {
  const named = args.find(({ name }) => name === "attribute")?.value;
  if (named?.kind !== "text") throw new NoSpelling("`map` of this kind");
  return `x.${named.text}`;
}

const signs: ReadonlyMap<string, string> = new Map([
  ["equalto", "=="],
  ["eq", "=="],
  ["==", "=="],
  ["ne", "!="],
  ["in", "in"],
]);

function selection(name: string, list: string, [key, test, value]: readonly Jinja[], inner: Inner): string {
  if (key?.kind !== "text") throw new NoSpelling(`filter \`${name}\``);
  const subject = `x.${key.text}`;
  const sign = test?.kind === "text" ? signs.get(test.text) : undefined;
  let condition = subject;
  if (test?.kind === "text" && test.text === "defined") condition = `has(${subject})`;
  else if (sign !== undefined && value !== undefined) {
    condition = `${subject} ${sign} ${inner(value, strength.sum)}`;
  } else if (test !== undefined) throw new NoSpelling(`such \`${name}\``);
  const negated =
    name === "rejectattr" ? (condition === subject ? `!${subject}` : `!(${condition})`) : condition;
  return `${list}.filter(x, ${negated})`;
}
