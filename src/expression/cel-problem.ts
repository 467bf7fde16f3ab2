import { TypeError as CelTypeError, EvaluationError, ParseError } from "@marcbachmann/cel-js";

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
  if (!isCelError(error)) throw error;
  return { ...explain(error, text, what), offset: error.range?.start ?? 0 };
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
    case "no_such_overload":
      return { message: `${condition}: ${plainTypes(error.summary)}`, hint: overloadHint(error.summary) };
    case "no_matching_overload":
      return { message: `${condition}: no function or method fits ${plainTypes(name)}`, hint: functionsHint };
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
const functionsHint =
  "there are size, int, double, string, type, has, defined, and on texts contains, startsWith, endsWith, matches, split, lowerAscii, trim";

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
