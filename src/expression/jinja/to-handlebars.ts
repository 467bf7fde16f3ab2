import { factNamed, nameHere } from "./ansible-names.ts";
import { NoSpelling } from "./cel-text.ts";
import { algorithmOf, helperForFilter, helperForMethod, replacementHere } from "./filters.ts";
import type { Jinja } from "./read-jinja.ts";
import { isLookup, toCel } from "./to-cel.ts";

/** The expression as it stands between `{{` and `}}` here; what helpers can't say becomes `cel "…"`. Throws NoSpelling. */
export function toHandlebars(jinja: Jinja): string {
  try {
    return write(jinja);
  } catch (error) {
    if (!(error instanceof NoSpelling)) throw error;
    return `cel "${toCel(jinja, "'")}"`;
  }
}

/** The expression as an argument of a helper or a block. Throws NoSpelling. */
export function toArgument(jinja: Jinja): string {
  const text = toHandlebars(jinja);
  return isCall(text) ? `(${text})` : text;
}

function isCall(text: string): boolean {
  return /^\w+ /.test(text);
}

function write(jinja: Jinja): string {
  switch (jinja.kind) {
    case "name":
      return nameHere(jinja.name) ?? jinja.name;
    case "text":
      return quoted(jinja.text);
    case "number":
    case "constant":
      return jinja.written;
    case "part":
      return partOf(jinja);
    case "filter":
      return filterOf(jinja);
    case "call":
      return callOf(jinja);
    case "not":
      return call("not", [jinja.of]);
    case "choice":
      return call("ternary", [jinja.test, jinja.then, jinja.otherwise]);
    case "operation":
      return operationOf(jinja);
    default:
      throw new NoSpelling(jinja.kind);
  }
}

function call(helper: string, args: readonly Jinja[]): string {
  return [helper, ...args.map(argument)].join(" ");
}

function argument(jinja: Jinja): string {
  const text = write(jinja);
  return isCall(text) ? `(${text})` : text;
}

function quoted(text: string): string {
  return text.includes('"') ? `'${text.replaceAll("'", "\\'")}'` : `"${text}"`;
}

function partOf({ of, key }: Extract<Jinja, { kind: "part" }>): string {
  const base = write(of);
  if (isCall(base) || (key.kind !== "text" && key.kind !== "number")) return call("lookup", [of, key]);
  if (key.kind === "number") return `${base}.[${key.written}]`;
  const name = of.kind === "name" && of.name === "ansible_facts" ? factNamed(key.text) : key.text;
  return /^[A-Za-z_]\w*$/.test(name) ? `${base}.${name}` : `${base}.[${name}]`;
}

function operationOf({ operator, left, right }: Extract<Jinja, { kind: "operation" }>): string {
  switch (operator) {
    case "==":
      return call("eq", [left, right]);
    case "!=":
      return call("ne", [left, right]);
    case "and":
    case "or":
      return call(operator, [left, right]);
    case "in":
      return call("contains", [right, left]);
    case "not in":
      return `not (${call("contains", [right, left])})`;
    default:
      throw new NoSpelling(operator);
  }
}

function callOf(jinja: Extract<Jinja, { kind: "call" }>): string {
  const { callee, args } = jinja;
  if (callee.kind === "name") {
    if (isLookup(callee.name, args)) return call("lookup", args);
    throw new NoSpelling(`\`${callee.name}(…)\``);
  }
  if (callee.kind !== "part" || callee.key.kind !== "text") throw new NoSpelling("such call");
  if (callee.key.text === "get" && args[0] !== undefined) {
    const part: Jinja = { kind: "part", of: callee.of, key: args[0] };
    return args[1] === undefined ? write(part) : call("default", [part, args[1]]);
  }
  const helper = helperForMethod(callee.key.text);
  if (helper === undefined) throw new NoSpelling(callee.key.text);
  const isBareSplit = helper === "split" && args.length === 0;
  return call(helper, [callee.of, ...(isBareSplit ? [{ kind: "text", text: " " } as const] : args)]);
}

function filterOf({ of, name, args }: Extract<Jinja, { kind: "filter" }>): string {
  const values = args.filter((arg) => arg.name === undefined).map(({ value }) => value);
  if (name === "list" || name === "string") return write(of);
  if (name === "regex_search" && values.length === 1) return call("regexMatch", [of, ...values]);
  const helper = helperForFilter(name);
  if (helper === undefined) throw new NoSpelling(name);
  if (helper === "default" && values.length === 0) return `${call("default", [of])} ""`;
  if (helper === "default") return call("default", [of, ...values.slice(0, 1)]);
  if (helper === "json" && name === "to_nice_json") return `${call("json", [of])} 4`;
  const algorithm = values.length === 0 ? algorithmOf(name) : undefined;
  if (algorithm !== undefined) return `${call("hash", [of])} ${quoted(algorithm)}`;
  const written = values.map((value, index) =>
    name === "regex_replace" && index === 1 && value.kind === "text"
      ? quoted(replacementHere(value.text))
      : argument(value),
  );
  return [call(helper, [of]), ...written].join(" ");
}
