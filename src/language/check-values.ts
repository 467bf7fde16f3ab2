import type { Place, Problem } from "../contract/errors.ts";
import type { Json, JsonObject } from "../contract/json.ts";
import { didYouMean } from "../expression/did-you-mean.ts";
import { placeIn, placeWithin, pointerTo } from "../expression/placed-values.ts";
import { TemplateFault } from "../expression/template-fault.ts";
import { namesInTemplate } from "../expression/template-names.ts";
import type { KnownNames } from "./known-names.ts";

/** What is wrong with the templates in a value: bad syntax, Jinja, unknown helpers, unknown variables. */
export function checkTemplates(
  value: Json,
  placeOf: (pointer: string) => Place | undefined,
  known: KnownNames,
  pointer = "",
): Problem[] {
  if (typeof value === "string") return checkTemplate(value, placeOf(pointer), known);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries<Json>(value as JsonObject).flatMap(([key, entry]) =>
    checkTemplates(entry, placeOf, known, pointerTo(pointer, key)),
  );
}

/** The same for variables that know their places. */
export function checkVariables(values: JsonObject, known: KnownNames): Problem[] {
  return checkTemplates(values, (pointer) => placeIn(values, pointer), known);
}

/** The same for one text. */
export function checkTemplate(text: string, place: Place | undefined, known: KnownNames): Problem[] {
  if (!text.includes("{{") && !text.includes("{%")) return [];
  try {
    return namesInTemplate(text)
      .variables.filter(({ name, optional }) => known !== undefined && !optional && !known.has(name))
      .map(({ name, line, column }) => unknownVariable(name, placeWithin(place, line, column), known));
  } catch (error) {
    if (!(error instanceof TemplateFault)) throw error;
    return [
      { message: error.message, place: placeWithin(place, error.line, error.column), hint: error.hint },
    ];
  }
}

function unknownVariable(name: string, place: Place | undefined, known: KnownNames): Problem {
  const message = `unknown variable \`${name}\``;
  if (name === "item") return { message, place, hint: "there is an item only in a task with `loop`" };
  const hint =
    didYouMean(name, known ?? []) ?? `nothing sets it; write {{default ${name} "…"}} if it may be missing`;
  return { message, place, hint };
}
