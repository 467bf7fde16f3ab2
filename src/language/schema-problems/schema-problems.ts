import type { ErrorObject } from "ajv";
import type { Problem } from "../../contract/errors.ts";
import type { Json, JsonSchema } from "../../contract/json.ts";
import { didYouMean } from "../../expression/did-you-mean.ts";
import { pointerTo } from "../../expression/placed-values.ts";
import type { Spot } from "../yaml/spot.ts";
import { explainValue } from "./explain-value.ts";
import { validatorOf } from "./validator-of.ts";

/** What a caller knows about the value beside its schema. */
export interface ValidateOptions {
  /** What the value is called in messages: "a task", "the arguments of `copy`". */
  readonly what: string;
  /** True for a part that can't be judged yet, because a template stands there. */
  readonly isOpen?: ((pointer: string) => boolean) | undefined;
  /** A special hint for a key that is not known. */
  readonly keyHint?: ((key: string) => string | undefined) | undefined;
}

/** Everything about the value that its schema refuses, each with its place. */
export function validateSpot(schema: JsonSchema, spot: Spot, options: ValidateOptions): Problem[] {
  const validate = validatorOf(schema);
  if (validate(spot.value)) return [];
  return relevantErrors(validate.errors ?? [], options.isOpen).map((error) => explain(error, spot, options));
}

const branching: readonly string[] = ["anyOf", "oneOf", "not"];

/**
 * Of a choice between schemas (`anyOf`), the errors of the branches say the same thing several ways: one is kept.
 * What concerns an open part, and any choice that an open part may decide, is left for later.
 */
function relevantErrors(
  errors: readonly ErrorObject[],
  isOpen?: (pointer: string) => boolean,
): ErrorObject[] {
  const choices = errors.filter(({ keyword }) => branching.includes(keyword));
  const hasOpen = isOpen !== undefined && errors.some(({ instancePath }) => isOpen(instancePath));
  return errors.filter((error) => {
    // What `then` refuses is told by its own errors.
    if (error.keyword === "if" || isOpen?.(error.instancePath)) return false;
    if (error.keyword === "propertyNames") return true;
    const choice = choices.find((one) => one !== error && isInside(error, one));
    if (choice !== undefined) return !hasOpen && error.instancePath.length > choice.instancePath.length;
    if (!branching.includes(error.keyword)) return error.propertyName === undefined;
    const toldDeeper = errors.some(
      (other) =>
        other !== error && isInside(other, error) && other.instancePath.length > error.instancePath.length,
    );
    return !toldDeeper && !hasOpen && !isOpen?.("");
  });
}

function isInside(error: ErrorObject, choice: ErrorObject): boolean {
  return error.schemaPath.startsWith(`${choice.schemaPath}/`);
}

function explain(error: ErrorObject, spot: Spot, options: ValidateOptions): Problem {
  const { places } = spot.yaml;
  const pointer = spot.pointer + error.instancePath;
  const name = nameOf(error.instancePath);
  if (error.keyword === "additionalProperties") {
    const key = String(error.params.additionalProperty);
    return {
      message: `${name === undefined ? options.what : `\`${name}\``} has no \`${key}\``,
      place: places.keyOf(pointerTo(pointer, key)),
      hint: options.keyHint?.(key) ?? unknownKeyHint(key, error),
    };
  }
  if (error.keyword === "required") {
    const missing = String(error.params.missingProperty);
    const message = `${name === undefined ? options.what : `\`${name}\``} needs \`${missing}\``;
    return { message, place: places.placeOf(pointer), hint: descriptionOf(error, missing) };
  }
  if (error.keyword === "propertyNames") {
    const key = String(error.params.propertyName);
    return {
      message: `\`${key}\` can't be the name of a variable`,
      place: places.keyOf(pointerTo(pointer, key)),
      hint: "names are made of letters, digits and `_`, and don't begin with a digit",
    };
  }
  const written = places.writtenAt(pointer);
  return {
    place: places.placeOf(pointer),
    ...explainValue(error, name === undefined ? options.what : `\`${name}\``, written),
  };
}

function unknownKeyHint(key: string, error: ErrorObject): string {
  const known = Object.keys((error.parentSchema?.properties ?? {}) as Record<string, Json>);
  return didYouMean(key, known) ?? `it may have ${known.map((name) => `\`${name}\``).join(", ")}`;
}

function descriptionOf(error: ErrorObject, property: string): string | undefined {
  const properties = error.parentSchema?.properties as Readonly<Record<string, JsonSchema>> | undefined;
  const description = properties?.[property]?.description;
  return typeof description === "string" ? description : undefined;
}

function nameOf(instancePath: string): string | undefined {
  if (instancePath === "") return undefined;
  return instancePath
    .slice(1)
    .split("/")
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"))
    .join(".")
    .replaceAll(/\.(\d+)/g, (_, index: string) => `[${index}]`);
}
