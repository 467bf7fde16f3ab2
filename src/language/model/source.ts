import type { Place } from "../../contract/errors.ts";
import type { JsonObject } from "../../contract/json.ts";

/** Text that is still to be rendered or evaluated, and where it stands. */
export interface Source {
  readonly text: string;
  readonly place: Place;
}

/** A number as it is written, or a template that gives one. Durations count in seconds. */
export type Amount = number | Source;

/** True or false as it is written, or a template that gives one of them. */
export type Flag = boolean | Source;

/** Raw values in which strings are templates, with the place of each by JSON pointer ("/vars/x"). */
export interface TemplateValues {
  readonly values: JsonObject;
  placeOf(pointer: string): Place;
}
