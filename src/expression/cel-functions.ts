import { type Environment, EvaluationError } from "@marcbachmann/cel-js";
import type { ControlReader } from "../contract/control-reader.ts";
import { controlName, fromCel, toCel } from "./cel-values.ts";
import { countOfArguments, type Helper } from "./helpers/helper.ts";
import { lookUp } from "./helpers/lookup.ts";
import { helpers } from "./helpers.ts";

/** The functions that read names which may not be there: that is no use of the name. */
export const functionsOnMissing: readonly string[] = ["defined", "default"];

/** The functions of Mailferry beside CEL's own, by the signatures that a reader wants to see. */
export const celFunctions: readonly string[] = [
  "defined(x.y)",
  "default(x.y, other)",
  "lookup(where, key)",
  ...Object.entries(helpers)
    .filter(([, { cel }]) => cel !== undefined)
    .map(([name, { usage }]) => `${name}(${argumentsInUsage(usage).join(", ")})`),
];

/** Adds the helpers of templates as functions: `lower(x)`, `join(list, ", ")`. */
export function addFunctions(environment: Environment): void {
  environment.registerFunction("defined(ast): bool", definedMacro);
  environment.registerFunction("default(ast, ast): dyn", defaultMacro);
  environment.registerFunction("lookup(ast, ast): dyn", lookupMacro);
  for (const [name, helper] of Object.entries(helpers)) {
    if (helper.cel === undefined) continue;
    const { least, most } = countOfArguments(helper);
    for (let count = least; count <= Math.min(most, least + mostMore); count += 1) {
      const types = Array.from({ length: count }, () => "dyn").join(", ");
      environment.registerFunction(`${name}(${types}): ${helper.cel}`, (...args: unknown[]) =>
        callHelper(name, helper, args),
      );
    }
  }
}

/** CEL knows no open number of arguments: so many beyond the least are there. */
const mostMore = 4;

function argumentsInUsage(usage: string): string[] {
  return usage
    .split(" ")
    .slice(1)
    .map((word) => (word.startsWith("[") ? word : word.replaceAll('"', "").toLowerCase()));
}

function callHelper(name: string, helper: Helper, args: readonly unknown[]): unknown {
  const value = helper.run(args.map(fromCel), nothingToRead);
  if (value !== undefined) return toCel(value);
  throw noValue(`${name} gives no value`);
}

const nothingToRead: ControlReader = { environment: () => undefined, file: () => undefined };

function noValue(message: string): EvaluationError {
  return new EvaluationError({ code: "no_value", message });
}

interface MacroCall {
  readonly args: readonly CelNode[];
}

interface CelNode {
  readonly op: string;
  readonly args: unknown;
}

interface Context {
  getValue(name: string): unknown;
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
      return orMissing(() => runner.run(macro.subject, context)) !== undefined;
    },
  };
}

/** `default(x.y, other)`: other where something on the way is missing, null or empty. */
function defaultMacro({ args }: MacroCall) {
  return {
    args,
    typeCheck: checkBoth,
    evaluate(runner: Runner, { args: [subject, other] }: MacroCall, context: Context) {
      const value = orMissing(() => runner.run(subject as CelNode, context));
      return value === undefined || value === null || value === ""
        ? runner.run(other as CelNode, context)
        : value;
    },
  };
}

/** `lookup("env", "NAME")`, `lookup("file", path)`, `lookup(map, key)`. */
function lookupMacro({ args }: MacroCall) {
  return {
    args,
    typeCheck: checkBoth,
    evaluate(runner: Runner, macro: MacroCall, context: Context) {
      const [where = null, key = null] = macro.args.map((arg) => fromCel(runner.run(arg, context)));
      const control = context.getValue(controlName) as ControlReader;
      const value = lookUp(where, key, control);
      if (value === undefined) throw noValue(`lookup finds no ${JSON.stringify(key)}`);
      return toCel(value);
    },
  };
}

function checkBoth(checker: Checker, { args }: MacroCall, context: unknown): unknown {
  for (const arg of args) checker.check(arg, context);
  return checker.getType("dyn");
}

function orMissing(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

const missing: readonly string[] = ["unknown_variable", "no_such_key", "index_out_of_bounds", "no_value"];

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && missing.includes(String(error.code));
}
