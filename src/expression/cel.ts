import { Environment } from "@marcbachmann/cel-js";
import type { Variables } from "../contract/host.ts";
import type { Json } from "../contract/json.ts";
import { addFunctions } from "./cel-functions.ts";
import { fromCel, toCelContext } from "./cel-values.ts";

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

function makeEnvironment(): Environment {
  const environment = new Environment({
    unlistedVariablesAreDyn: true,
    homogeneousAggregateLiterals: false,
    enableOptionalTypes: true,
  });
  addFunctions(environment);
  return environment;
}
