import type { Place } from "../contract/errors.ts";
import type { JsonObject } from "../contract/json.ts";

/** Finds where a value stands, by its JSON pointer ("/paths/0"); the nearest parent's place when it has none. */
export type PlaceOf = (pointer: string) => Place;

const placesKey = Symbol("places");

/** Remembers, invisibly to everything that reads the values, where each of them stands in its file. */
export function withPlaces<Values extends JsonObject>(
  values: Values,
  placeOf: (pointer: string) => Place | undefined,
): Values {
  Object.defineProperty(values, placesKey, { value: placeOf });
  return values;
}

/** Where one of the values stands, when they came from a file. */
export function placeIn(values: JsonObject, pointer: string): Place | undefined {
  const held: { readonly [placesKey]?: (pointer: string) => Place | undefined } = values;
  return held[placesKey]?.(pointer);
}

/** Adds one key to a JSON pointer. */
export function pointerTo(pointer: string, key: string | number): string {
  return `${pointer}/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

/** Where something at a line and column (from 1 and 0) of a text stands, when the text itself begins at `start`. */
export function placeWithin(start: Place | undefined, line: number, column: number): Place | undefined {
  if (start === undefined) return undefined;
  return { file: start.file, line: start.line + line - 1, column: start.column + column };
}

/** Variables of two levels as one, the inner ones first in rank; each still knows its place. */
export function mergeVariables(outer: JsonObject, inner: JsonObject): JsonObject {
  return withPlaces({ ...outer, ...inner }, (pointer) => {
    const [, name = ""] = pointer.split("/");
    return placeIn(Object.hasOwn(inner, name) ? inner : outer, pointer);
  });
}
