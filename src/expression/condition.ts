import { BadInput, type Place, type Problem } from "../contract/errors.ts";
import type { Variables } from "../contract/host.ts";
import type { Json } from "../contract/json.ts";
import { celEnvironment, evaluateExpression } from "./cel.ts";
import { explainCelError } from "./cel-problem.ts";
import { namesInExpression } from "./condition-names.ts";
import { didYouMean } from "./did-you-mean.ts";
import { describe } from "./helpers/arguments.ts";
import { hintForAnsibleName } from "./jinja/ansible-names.ts";
import { explainJinjaCondition } from "./jinja.ts";
import { placeWithin } from "./placed-values.ts";

/** A condition as it was written, and where its text begins. */
interface ConditionSource {
  readonly text: string;
  readonly place: Place;
}

/** Whether a CEL condition holds. Throws BadInput when it can't be evaluated or gives no boolean. */
export function evaluateCondition(source: ConditionSource, variables: Variables): boolean {
  const value = evaluateSource(source, variables);
  if (typeof value === "boolean") return value;
  throw new BadInput([
    {
      message: `the condition \`${source.text.trim()}\` gives ${describe(value)}, not true or false`,
      place: source.place,
      hint: hintForValue(value, source.text.trim()),
    },
  ]);
}

/** The value of a CEL expression, whatever it is. Throws BadInput when it can't be evaluated. */
export function evaluateSource(source: ConditionSource, variables: Variables): Json {
  try {
    return evaluateExpression(source.text, variables);
  } catch (error) {
    throw new BadInput([toProblem(error, source)]);
  }
}

/** The names of the variables that a condition uses. Throws cel-js's ParseError for bad syntax. */
export function namesInCondition(text: string): readonly string[] {
  return [...new Set(namesInExpression(text).map((use) => use.name))];
}

/** What is wrong with a condition, without running it: syntax, Jinja, unknown names and functions, types. */
export function checkCondition(
  source: ConditionSource,
  knownNames: ReadonlySet<string> | undefined,
): Problem[] {
  const jinja = explainJinjaCondition(source.text);
  if (jinja !== undefined) {
    return [{ message: jinja.message, place: placeAt(source, jinja.offset), hint: jinja.hint }];
  }
  const checked = celEnvironment.check(source.text);
  if (!checked.valid) return [toProblem(checked.error, source)];
  const problems = unknownNames(source, knownNames);
  if (problems.length > 0 || checked.type === "bool" || checked.type === "dyn") return problems;
  const message = `the condition \`${source.text.trim()}\` is of type ${checked.type}, not true or false`;
  return [{ message, place: source.place, hint: "compare it with something: `==`, `!=`, `size(x) > 0`" }];
}

function unknownNames(source: ConditionSource, knownNames: ReadonlySet<string> | undefined): Problem[] {
  if (knownNames === undefined) return [];
  return namesInExpression(source.text)
    .filter(({ name }) => !knownNames.has(name))
    .map(({ name, offset }) => ({
      message: `unknown variable \`${name}\``,
      place: placeAt(source, offset),
      hint: hintForAnsibleName(name) ?? didYouMean(name, knownNames) ?? textHint(name),
    }));
}

function textHint(name: string): string {
  return `nothing sets it; if you mean the text, write "${name}" in quotes`;
}

function toProblem(error: unknown, source: ConditionSource): Problem {
  const jinja = explainJinjaCondition(source.text);
  if (jinja !== undefined) {
    return { message: jinja.message, place: placeAt(source, jinja.offset), hint: jinja.hint };
  }
  if (error instanceof BadInput) return error.problems[0] ?? { message: error.message };
  const { message, hint, offset } = explainCelError(error, source.text, "condition");
  return { message, place: placeAt(source, offset), hint };
}

function hintForValue(value: unknown, text: string): string {
  if (typeof value === "string") {
    return /^(yes|no|on|off|true|false)$/i.test(value)
      ? `it is a text; write \`${text} == "${value}"\`, or set the variable to true or false without quotes`
      : `write \`${text} != ""\` to ask whether it is empty`;
  }
  if (typeof value === "number") return `write \`${text} != 0\``;
  if (Array.isArray(value)) return `write \`size(${text}) > 0\``;
  return "compare it with something: `==`, `!=`, `size(x) > 0`";
}

function placeAt(source: ConditionSource, offset: number): Place {
  const before = source.text.slice(0, offset).split("\n");
  return placeWithin(source.place, before.length, before.at(-1)?.length ?? 0) ?? source.place;
}
