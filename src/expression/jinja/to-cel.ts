import { factNamed, nameHere } from "./ansible-names.ts";
import { type Inner, NoSpelling, quoted, strength, type Written } from "./cel-text.ts";
import { filterOf } from "./filter-to-cel.ts";
import { helperForMethod } from "./filters.ts";
import type { Jinja } from "./read-jinja.ts";
import { testOf } from "./test-to-cel.ts";

/** The expression in CEL, its texts in these quotes. Throws NoSpelling. */
export function toCel(jinja: Jinja, quote: '"' | "'" = '"'): string {
  return write(jinja, quote).text;
}

function write(jinja: Jinja, quote: string): Written {
  const inner = (part: Jinja, least: number = strength.choice) => {
    const { text, strength: own } = write(part, quote);
    return own < least ? `(${text})` : text;
  };
  const whole = (text: string): Written => ({ text, strength: strength.whole });
  switch (jinja.kind) {
    case "name":
      return whole(nameHere(jinja.name) ?? jinja.name);
    case "text":
      return whole(quoted(jinja.text, quote));
    case "number":
    case "constant":
      return whole(jinja.written);
    case "list":
      return whole(`[${jinja.entries.map((entry) => inner(entry)).join(", ")}]`);
    case "map":
      return whole(`{${jinja.entries.map(([key, value]) => `${inner(key)}: ${inner(value)}`).join(", ")}}`);
    case "part":
      return whole(partOf(jinja, inner));
    case "call":
      return callOf(jinja, quote, inner);
    case "filter":
      // What is there has its type already.
      if (jinja.name === "bool" || jinja.name === "list") return write(jinja.of, quote);
      return filterOf(jinja, quote, inner);
    case "test":
      return testOf(jinja, quote, inner);
    case "not":
      return { text: `!${inner(jinja.of, strength.unary)}`, strength: strength.unary };
    case "minus":
      return { text: `-${inner(jinja.of, strength.unary)}`, strength: strength.unary };
    case "operation":
      return operationOf(jinja, inner);
    case "choice": {
      const [test, then, otherwise] = [jinja.test, jinja.then, jinja.otherwise].map((part) =>
        inner(part, strength.or),
      );
      return { text: `${test} ? ${then} : ${otherwise}`, strength: strength.choice };
    }
  }
}

function partOf({ of, key }: Extract<Jinja, { kind: "part" }>, inner: Inner): string {
  const base = inner(of, strength.whole);
  if (key.kind === "number") return `${base}[${key.written}]`;
  if (key.kind !== "text") return `${base}[${inner(key)}]`;
  const name = of.kind === "name" && of.name === "ansible_facts" ? factNamed(key.text) : key.text;
  return /^[A-Za-z_]\w*$/.test(name) ? `${base}.${name}` : `${base}[${inner({ kind: "text", text: name })}]`;
}

const comparisons: readonly string[] = ["==", "!=", "<", "<=", ">", ">="];

function operationOf(operation: Extract<Jinja, { kind: "operation" }>, inner: Inner): Written {
  const { operator } = operation;
  const left = isDistribution(operation.right) ? inSmallLetters(operation.left) : operation.left;
  const right = isDistribution(operation.left) ? inSmallLetters(operation.right) : operation.right;
  const binary = (sign: string, own: number, leastRight = own + 1): Written => ({
    text: `${inner(left, own)} ${sign} ${inner(right, leastRight)}`,
    strength: own,
  });
  if (operator === "or") return binary("||", strength.or, strength.or);
  if (operator === "and") return binary("&&", strength.and, strength.and);
  if (operator === "not in") {
    const { text } = binary("in", strength.comparison);
    return { text: `!(${text})`, strength: strength.unary };
  }
  if (operator === "in" || comparisons.includes(operator)) return binary(operator, strength.comparison);
  if (operator === "~") {
    const side = (part: Jinja) => (isText(part) ? inner(part, strength.sum) : `string(${inner(part)})`);
    return { text: `${side(left)} + ${side(right)}`, strength: strength.sum };
  }
  if (operator === "+" || operator === "-") return binary(operator, strength.sum);
  return binary(operator === "//" ? "/" : operator, strength.product);
}

/** Ansible's "Debian" is "debian" here. */
function isDistribution(part: Jinja): boolean {
  const fact = /^(ansible_)?(distribution|os_family)$/;
  if (part.kind === "name") return part.name.startsWith("ansible_") && fact.test(part.name);
  if (part.kind !== "part" || part.key.kind !== "text" || part.of.kind !== "name") return false;
  return part.of.name === "ansible_facts" && fact.test(part.key.text);
}

function inSmallLetters(part: Jinja): Jinja {
  if (part.kind === "text") return { kind: "text", text: part.text.toLowerCase() };
  return part.kind === "list" ? { kind: "list", entries: part.entries.map(inSmallLetters) } : part;
}

function isText(part: Jinja): boolean {
  return part.kind === "text" || (part.kind === "operation" && part.operator === "~");
}

function callOf({ callee, args }: Extract<Jinja, { kind: "call" }>, quote: string, inner: Inner): Written {
  const whole = (text: string): Written => ({ text, strength: strength.whole });
  const written = args.map((arg) => inner(arg));
  if (callee.kind === "name") {
    if (isLookup(callee.name, args)) return whole(`lookup(${written.join(", ")})`);
    throw new NoSpelling(`\`${callee.name}(…)\``);
  }
  if (callee.kind !== "part" || callee.key.kind !== "text") throw new NoSpelling("such call");
  const subject = inner(callee.of, strength.whole);
  const method = callee.key.text;
  if (method === "startswith") return whole(`${subject}.startsWith(${written.join(", ")})`);
  if (method === "endswith") return whole(`${subject}.endsWith(${written.join(", ")})`);
  if (method === "get") {
    const part = partOf({ kind: "part", of: callee.of, key: args[0] ?? { kind: "text", text: "" } }, inner);
    return whole(`default(${part}, ${written[1] ?? "null"})`);
  }
  const helper = helperForMethod(method);
  if (helper === undefined) throw new NoSpelling(`\`.${method}()\``);
  const more = method === "split" && args.length === 0 ? [quoted(" ", quote)] : written;
  return whole(`${helper}(${[subject, ...more].join(", ")})`);
}

/** The lookups that are there; `query` gives a list, which ours don't. */
export function isLookup(name: string, args: readonly Jinja[]): boolean {
  const [plugin] = args;
  return (
    name === "lookup" && args.length === 2 && plugin?.kind === "text" && ["env", "file"].includes(plugin.text)
  );
}
