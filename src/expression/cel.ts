import { Environment } from "@marcbachmann/cel-js";
import type { Variables } from "../contract/host.ts";
import type { Json } from "../contract/json.ts";

/** A number, text, list, map or logical value as CEL holds it: whole numbers are BigInt. */
type CelValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | readonly CelValue[]
  | { readonly [key: string]: CelValue };

/** CEL as Mailferry speaks it: every name is dynamic, lists may be mixed, `x.?y.orValue(1)` and `defined(x.y)` work. */
export const celEnvironment: Environment = makeEnvironment();

/** Names that mean a type or a word in CEL, so that a variable of that name can't be read in a condition. */
export const celWords: ReadonlySet<string> = new Set(
  [
    "list map string int type bool double bytes uint null_type google optional cel true false null in",
    "as break const continue else for function if import let loop package namespace return var void while",
  ].flatMap((line) => line.split(" ")),
);

/** The value of a CEL expression. Throws cel-js's own ParseError, TypeError and EvaluationError. */
export function evaluateExpression(text: string, variables: Variables): Json {
  return fromCel(celEnvironment.evaluate(text, toCelContext(variables)));
}

/** Variables as CEL wants them, each converted only when it is read. */
export function toCelContext(variables: Variables): Record<string, unknown> {
  return lazyMap(Object.keys(variables), (name) => toCel(variables[name] ?? null));
}

/** cel-js takes a JavaScript number for a double, and knows no `double + int`: whole numbers have to be BigInt. */
function toCel(value: Json): CelValue {
  if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (typeof value !== "object" || value === null) return value;
  if (isList(value)) return value.map(toCel);
  const map = value;
  return lazyMap(Object.keys(map), (key) => toCel(map[key] ?? null));
}

function fromCel(value: unknown): Json {
  if (typeof value === "bigint") return Number(value);
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  if (value === null || value === undefined) return null;
  if (Array.isArray(value)) return value.map(fromCel);
  if (value instanceof Map) return objectOf([...value.entries()]);
  if (typeof value === "object" && isPlain(value)) return objectOf(Object.entries(value));
  return String(value);
}

function objectOf(entries: readonly (readonly [unknown, unknown])[]): Json {
  const object: Record<string, Json> = Object.create(null);
  for (const [key, value] of entries) object[String(key)] = fromCel(value);
  return object;
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

/** An object without prototype whose values are made when they are first read. */
export function lazyMap<Value>(
  names: readonly string[],
  make: (name: string) => Value,
): { readonly [key: string]: Value } {
  const map: Record<string, Value> = Object.create(null);
  for (const name of names) {
    let made: { readonly value: Value } | undefined;
    Object.defineProperty(map, name, {
      enumerable: true,
      get() {
        made ??= { value: make(name) };
        return made.value;
      },
    });
  }
  return map;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function makeEnvironment(): Environment {
  const environment = new Environment({
    unlistedVariablesAreDyn: true,
    homogeneousAggregateLiterals: false,
    enableOptionalTypes: true,
  });
  environment.registerFunction("defined(ast): bool", definedMacro);
  return environment;
}

interface MacroCall {
  readonly args: readonly CelNode[];
}

interface CelNode {
  readonly op: string;
  readonly args: unknown;
}

interface Checker {
  check(node: CelNode, context: unknown): unknown;
  getType(name: string): unknown;
}

interface Runner {
  run(node: CelNode, context: unknown): unknown;
}

/** `defined(x.y.z)`: true when the variable and every key on the way are there. */
function definedMacro({ args }: MacroCall) {
  return {
    subject: args[0],
    typeCheck(checker: Checker, macro: { readonly subject: CelNode }, context: unknown) {
      checker.check(macro.subject, context);
      return checker.getType("bool");
    },
    evaluate(runner: Runner, macro: { readonly subject: CelNode }, context: unknown) {
      try {
        runner.run(macro.subject, context);
        return true;
      } catch (error) {
        if (isMissing(error)) return false;
        throw error;
      }
    },
  };
}

const missing: readonly string[] = ["unknown_variable", "no_such_key", "index_out_of_bounds"];

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && missing.includes(String(error.code));
}
