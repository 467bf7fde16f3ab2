/** Any value that JSON can hold. What modules return and what variables hold. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;

/** A JSON object with string keys. */
export interface JsonObject {
  readonly [key: string]: Json;
}

/** A JSON Schema (draft-07, the dialect Ajv 8 compiles by default). */
export type JsonSchema = { readonly [keyword: string]: unknown };

/** Whether the value is a list. (`Array.isArray` does not know lists that are only read.) */
export function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** Whether the value is a map: neither null nor a list. */
export function isMap(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
