import { TypeError as CelTypeError, EvaluationError, ParseError } from "@marcbachmann/cel-js";
import { Failure } from "../contract/errors.ts";
import { celFunctions } from "./cel-functions.ts";
import { didYouMean } from "./did-you-mean.ts";
import { HelperError } from "./helpers/helper.ts";

/** What is wrong with an expression, in words for its author, and at which character. */
export interface ExplainedError {
  readonly message: string;
  readonly hint?: string | undefined;
  readonly offset: number;
}

/** Explains an error of cel-js. Anything else is thrown on. */
export function explainCelError(
  error: unknown,
  text: string,
  what: "condition" | "expression",
): ExplainedError {
  if (error instanceof HelperError || error instanceof Failure)
    return { ...ofFunction(error, text, what), offset: 0 };
  if (!isCelError(error)) throw error;
  return { ...explain(error, text, what), offset: error.range?.start ?? 0 };
}

function ofFunction(error: HelperError | Failure, text: string, what: string) {
  const hint = error instanceof HelperError ? error.hint : error.next;
  return { message: `the ${what} \`${text.trim()}\` can't be computed: ${error.message}`, hint };
}

type CelError = ParseError | EvaluationError | CelTypeError;

function isCelError(error: unknown): error is CelError {
  return error instanceof ParseError || error instanceof EvaluationError || error instanceof CelTypeError;
}

function explain(
  error: CelError,
  text: string,
  what: string,
): { readonly message: string; readonly hint?: string } {
  const condition = `the ${what} \`${text.trim()}\``;
  const name = error.summary.split(": ").at(-1) ?? "";
  switch (error.code) {
    case "unknown_variable":
      return {
        message: `\`${name}\` is not defined`,
        hint: `write \`defined(${name}) && …\` when it may be missing`,
      };
    case "no_such_key": {
      const path = pathBefore(text, error.range);
      return {
        message: `\`${path === undefined ? "" : `${path}.`}${name}\` is not there`,
        hint: `write \`has(${path ?? "x"}.${name}) && …\` when it may be missing`,
      };
    }
    case "index_out_of_bounds":
      return { message: `${condition} reads past the end of a list`, hint: "ask for `size(list) > 0` first" };
    case "no_value":
      return {
        message: `${condition}: ${error.summary}`,
        hint: "write `default(…, other)` round it when it may be missing",
      };
    case "no_such_overload":
      return { message: `${condition}: ${plainTypes(error.summary)}`, hint: overloadHint(error.summary) };
    case "no_matching_overload":
      return {
        message: `${condition}: no function or method fits ${plainTypes(name)}`,
        hint: functionHint(/'(?:[^'()]*\.)?(\w+)\(/.exec(name)?.[1] ?? ""),
      };
    default:
      if (text.trim() === "")
        return { message: `the ${what} is empty`, hint: "leave `when` out, or write one" };
      if (/Unexpected character: =/.test(error.message)) {
        return { message: `${condition} is not CEL: a single \`=\``, hint: "compare with `==`" };
      }
      return { message: `${condition} is not CEL: ${error.summary}`, hint: celHint };
  }
}

const celHint = "conditions look like `x == 1 && !(y in list) || size(z) > 0`; texts stand in quotes";
function functionHint(name: string): string {
  const usage = celFunctions.find((one) => one.startsWith(`${name}(`));
  if (usage !== undefined) return `write \`${usage}\``;
  const own = celFunctions.map((one) => one.replace(/\(.*/, ""));
  const guess = didYouMean(name, [...builtIn, ...own]);
  return guess ?? `there are ${builtIn.join(", ")}, and all in docs/reference/helpers.md`;
}

const builtIn: readonly string[] = [
  ..."size has int double string bool type contains startsWith endsWith matches exists all filter map".split(
    " ",
  ),
];

/** The text of the path that a missing key was looked for in. */
function pathBefore(text: string, range: { readonly start: number } | undefined): string | undefined {
  if (range === undefined) return undefined;
  return /([A-Za-z_][\w.]*)\.\??$/.exec(text.slice(0, range.start))?.[1];
}

function plainTypes(summary: string): string {
  return summary
    .replaceAll(/dyn<([^<>]+)>/g, "$1")
    .replace(/^no such overload: /, "can't be computed: ")
    .replace(/^found no matching overload for /, "");
}

function overloadHint(summary: string): string {
  if (/string/.test(summary) && /int|double/.test(summary)) {
    return "one side is text and the other a number: write `int(x)` or `string(x)`";
  }
  if (/[!&|?]/.test(summary))
    return "`&&`, `||`, `!` and `? :` want true or false on their sides: compare with something";
  return "both sides have to be of one type";
}
