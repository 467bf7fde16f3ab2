import type { Place, Problem } from "../../contract/errors.ts";
import { isList, isMap, type Json, type JsonObject } from "../../contract/json.ts";
import { pointerTo, withPlaces } from "../../expression/placed-values.ts";
import type { Source } from "../model/source.ts";
import type { YamlFile } from "./read-yaml.ts";

/** One value in a YAML file: what it is and where it stands. */
export interface Spot {
  readonly yaml: Pick<YamlFile, "file" | "places">;
  readonly pointer: string;
  readonly value: Json;
}

/** The value under a key, or undefined when there is none. */
export function childAt(spot: Spot, key: string | number): Spot | undefined {
  const value = memberOf(spot.value, key);
  return value === undefined ? undefined : { yaml: spot.yaml, pointer: pointerTo(spot.pointer, key), value };
}

/** The entries of a list; none when it is no list. */
export function entriesOf(spot: Spot | undefined): Spot[] {
  if (spot === undefined || !isList(spot.value)) return [];
  return spot.value.map((value, index) => ({
    yaml: spot.yaml,
    pointer: pointerTo(spot.pointer, index),
    value,
  }));
}

/** Another value in the spot's stead; `actual` finds for a pointer into it the one in the file. */
export function withPlacesFrom(spot: Spot, value: Json, actual: (pointer: string) => string): Spot {
  const { file, places } = spot.yaml;
  return {
    yaml: {
      file,
      places: {
        placeOf: (pointer) => places.placeOf(actual(pointer)),
        contentOf: (pointer) => places.contentOf(actual(pointer)),
        keyOf: (pointer) => places.keyOf(actual(pointer)),
        writtenAt: (pointer) => places.writtenAt(actual(pointer)),
      },
    },
    pointer: spot.pointer,
    value,
  };
}

/** Where the value begins. */
export function placeOf(spot: Spot): Place {
  return spot.yaml.places.placeOf(spot.pointer);
}

/** Where the value's key begins. */
export function keyPlaceOf(spot: Spot): Place {
  return spot.yaml.places.keyOf(spot.pointer);
}

/** A problem with the value. */
export function problemAt(spot: Spot, message: string, hint?: string): Problem {
  return { message, place: placeOf(spot), hint };
}

/** A template or condition with the place where its text begins. */
export function sourceAt(spot: Spot): Source {
  return { text: String(spot.value), place: spot.yaml.places.contentOf(spot.pointer) };
}

/** A mapping with the places of its values; an empty one when there is none. */
export function valuesAt(spot: Spot | undefined): JsonObject {
  if (spot === undefined || !isMap(spot.value)) return {};
  const values = { ...spot.value };
  return withPlaces(values, (pointer) => spot.yaml.places.contentOf(spot.pointer + pointer));
}

function memberOf(value: Json, key: string | number): Json | undefined {
  if (isList(value)) return value[Number(key)];
  return isMap(value) && Object.hasOwn(value, key) ? value[String(key)] : undefined;
}
