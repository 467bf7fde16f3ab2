/** A Jinja expression, as far as playbooks use them. */
export type Jinja =
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "number"; readonly written: string }
  | { readonly kind: "constant"; readonly written: "true" | "false" | "null" }
  | { readonly kind: "list"; readonly entries: readonly Jinja[] }
  | { readonly kind: "map"; readonly entries: readonly (readonly [Jinja, Jinja])[] }
  | { readonly kind: "part"; readonly of: Jinja; readonly key: Jinja }
  | { readonly kind: "call"; readonly callee: Jinja; readonly args: readonly Jinja[] }
  | { readonly kind: "filter"; readonly of: Jinja; readonly name: string; readonly args: readonly Argument[] }
  | {
      readonly kind: "test";
      readonly of: Jinja;
      readonly name: string;
      readonly negated: boolean;
      readonly args: readonly Jinja[];
    }
  | { readonly kind: "not"; readonly of: Jinja }
  | { readonly kind: "minus"; readonly of: Jinja }
  | { readonly kind: "operation"; readonly operator: string; readonly left: Jinja; readonly right: Jinja }
  | { readonly kind: "choice"; readonly then: Jinja; readonly test: Jinja; readonly otherwise: Jinja };

/** One argument of a filter; `attribute='x'` has a name. */
export interface Argument {
  readonly name?: string | undefined;
  readonly value: Jinja;
}

/** The expression that stands between `{{` and `}}`, or in a `when`; undefined when it is none. */
export function readJinja(text: string): Jinja | undefined {
  const words = [...text.matchAll(word)].map(([written]) => written);
  if (words.join("").replaceAll(/\s/g, "") !== text.replaceAll(/\s/g, "")) return undefined;
  const reader: Reader = { words, at: 0 };
  try {
    const expression = readChoice(reader);
    return reader.at === words.length ? expression : undefined;
  } catch (error) {
    if (error instanceof NoJinja) return undefined;
    throw error;
  }
}

const word =
  /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\d+(?:\.\d+)?|[A-Za-z_]\w*|==|!=|<=|>=|\/\/|\*\*|[-+*/%~<>()[\]{},.:|=]/g;

class NoJinja extends Error {}

interface Reader {
  readonly words: readonly string[];
  at: number;
}

function peek({ words, at }: Reader): string {
  return words[at] ?? "";
}

function take(reader: Reader, ...wanted: readonly string[]): string | undefined {
  const next = peek(reader);
  if (!wanted.includes(next)) return undefined;
  reader.at += 1;
  return next;
}

function need(reader: Reader, wanted: string): void {
  if (take(reader, wanted) === undefined) throw new NoJinja();
}

function readChoice(reader: Reader): Jinja {
  let then = readLevel(reader, 0);
  while (take(reader, "if") !== undefined) {
    const test = readLevel(reader, 0);
    const otherwise: Jinja =
      take(reader, "else") === undefined ? { kind: "text", text: "" } : readChoice(reader);
    then = { kind: "choice", then, test, otherwise };
  }
  return then;
}

/** The operators between two values, loosest first; `not` stands before the comparisons. */
const levels: readonly (readonly string[])[] = [
  ["or"],
  ["and"],
  ["==", "!=", "<", "<=", ">", ">=", "in", "not in"],
  ["+", "-"],
  ["~"],
  ["*", "/", "//", "%"],
];
const levelOfComparison = 2;

function readLevel(reader: Reader, level: number): Jinja {
  if (level === levelOfComparison && take(reader, "not") !== undefined) {
    return { kind: "not", of: readLevel(reader, level) };
  }
  const operators = levels[level];
  if (operators === undefined) return readUnary(reader);
  let left = readLevel(reader, level + 1);
  for (let operator = takeOperator(reader, operators); operator !== undefined; ) {
    left = { kind: "operation", operator, left, right: readLevel(reader, level + 1) };
    operator = takeOperator(reader, operators);
  }
  return left;
}

function takeOperator(reader: Reader, operators: readonly string[]): string | undefined {
  if (operators.includes("not in") && peek(reader) === "not" && reader.words[reader.at + 1] === "in") {
    reader.at += 2;
    return "not in";
  }
  return take(reader, ...operators);
}

function readUnary(reader: Reader): Jinja {
  if (take(reader, "-") !== undefined) return { kind: "minus", of: readUnary(reader) };
  let value = readPrimary(reader);
  for (;;) {
    const more = readPart(reader, value) ?? readFilter(reader, value) ?? readTest(reader, value);
    if (more === undefined) return value;
    value = more;
  }
}

function readPrimary(reader: Reader): Jinja {
  const written = peek(reader);
  reader.at += 1;
  if (written === "(") {
    const inner = readChoice(reader);
    need(reader, ")");
    return inner;
  }
  if (written === "[") return { kind: "list", entries: readUntil(reader, "]", readChoice) };
  if (written === "{") return { kind: "map", entries: readUntil(reader, "}", readPair) };
  if (/^["']/.test(written))
    return { kind: "text", text: written.slice(1, -1).replaceAll(/\\(["'])/g, "$1") };
  if (/^\d/.test(written)) return { kind: "number", written };
  const constant = constants[written];
  if (constant !== undefined) return { kind: "constant", written: constant };
  if (!/^[A-Za-z_]/.test(written) || reserved.includes(written)) throw new NoJinja();
  return { kind: "name", name: written };
}

const constants: Readonly<Record<string, "true" | "false" | "null">> = Object.assign(Object.create(null), {
  True: "true",
  true: "true",
  False: "false",
  false: "false",
  None: "null",
  none: "null",
});
const reserved: readonly string[] = ["and", "or", "not", "in", "is", "if", "else"];

function readPair(reader: Reader): readonly [Jinja, Jinja] {
  const key = readChoice(reader);
  need(reader, ":");
  return [key, readChoice(reader)];
}

function readPart(reader: Reader, of: Jinja): Jinja | undefined {
  if (take(reader, ".") !== undefined) {
    const key = peek(reader);
    if (!/^\w+$/.test(key)) throw new NoJinja();
    reader.at += 1;
    return {
      kind: "part",
      of,
      key: /^\d/.test(key) ? { kind: "number", written: key } : { kind: "text", text: key },
    };
  }
  if (take(reader, "[") !== undefined) {
    const key = readChoice(reader);
    need(reader, "]");
    return { kind: "part", of, key };
  }
  if (take(reader, "(") === undefined) return undefined;
  return { kind: "call", callee: of, args: readUntil(reader, ")", readChoice) };
}

function readFilter(reader: Reader, of: Jinja): Jinja | undefined {
  if (take(reader, "|") === undefined) return undefined;
  const name = readDotted(reader);
  const args = take(reader, "(") === undefined ? [] : readUntil(reader, ")", readArgument);
  return { kind: "filter", of, name, args };
}

function readArgument(reader: Reader): Argument {
  const name = peek(reader);
  if (reader.words[reader.at + 1] !== "=") return { value: readChoice(reader) };
  reader.at += 2;
  return { name, value: readChoice(reader) };
}

function readTest(reader: Reader, of: Jinja): Jinja | undefined {
  if (take(reader, "is") === undefined) return undefined;
  const negated = take(reader, "not") !== undefined;
  const name = readDotted(reader);
  if (take(reader, "(") !== undefined) {
    return { kind: "test", of, name, negated, args: readUntil(reader, ")", readChoice) };
  }
  const takesBare = /^["'\d]/.test(peek(reader));
  return { kind: "test", of, name, negated, args: takesBare ? [readPrimary(reader)] : [] };
}

/** `ansible.builtin.default` is `default`. */
function readDotted(reader: Reader): string {
  let name = peek(reader);
  if (!/^[A-Za-z_]/.test(name)) throw new NoJinja();
  reader.at += 1;
  while (take(reader, ".") !== undefined) {
    name = peek(reader);
    reader.at += 1;
  }
  return name;
}

function readUntil<Entry>(reader: Reader, close: string, read: (reader: Reader) => Entry): Entry[] {
  const entries: Entry[] = [];
  while (take(reader, close) === undefined) {
    entries.push(read(reader));
    if (peek(reader) !== close) need(reader, ",");
  }
  return entries;
}
