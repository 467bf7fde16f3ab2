import type { Place, Problem } from "../../contract/errors.ts";
import type { Json, JsonObject } from "../../contract/json.ts";
import { didYouMean } from "../../expression/did-you-mean.ts";
import { helpers } from "../../expression/helpers.ts";
import { hintForAnsibleName } from "../../expression/jinja/ansible-names.ts";
import { findJinja, withoutJinja } from "../../expression/jinja.ts";
import { magicVariables } from "../../expression/magic-names.ts";
import { positionAt } from "../../expression/parse-template.ts";
import { placeIn, placeWithin, pointerTo } from "../../expression/placed-values.ts";
import { TemplateFault } from "../../expression/template-fault.ts";
import { namesInTemplate } from "../../expression/template-names.ts";
import type { Source } from "../model/source.ts";
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

/** The same for variables that are set here: none may have a name that is Mailferry's own. */
export function checkOwnVariables(values: JsonObject, known: KnownNames): Problem[] {
  return [...checkVariables(values, known), ...checkOwnNames(values)];
}

function checkOwnNames(values: JsonObject): Problem[] {
  return Object.keys(values)
    .filter((name) => Object.hasOwn(magicVariables, name))
    .map((name) => ({
      message: `the variable \`${name}\` is Mailferry's own: ${magicVariables[name]}`,
      place: placeIn(values, pointerTo("", name)),
      hint: "take another name",
    }));
}

/** The same for a word that may be a template. */
export function checkWritten(written: unknown, known: KnownNames): Problem[] {
  return isSource(written) ? checkTemplate(written.text, written.place, known) : [];
}

function isSource(written: unknown): written is Source {
  return typeof written === "object" && written !== null && "text" in written;
}

/** The same for one text. */
export function checkTemplate(text: string, place: Place | undefined, known: KnownNames): Problem[] {
  const jinja = findJinja(text);
  const left = jinja.length === 0 ? text : withoutJinja(text, jinja);
  return [
    ...jinja.map(({ message, hint, offset }) => {
      const { line, column } = positionAt(text, offset);
      return { message, place: placeWithin(place, line, column), hint };
    }),
    ...(left.includes("{{") ? checkNamesIn(left, place, known) : []),
  ];
}

function checkNamesIn(text: string, place: Place | undefined, known: KnownNames): Problem[] {
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
  const usage = helpers[name]?.usage;
  const hint =
    (usage === undefined ? undefined : `it is a helper: write {{${usage}}}`) ??
    hintForAnsibleName(name) ??
    didYouMean(name, known ?? []) ??
    `nothing sets it; write {{default ${name} "…"}} if it may be missing`;
  return { message, place, hint };
}
