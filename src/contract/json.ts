/** Any value that JSON can hold. What modules return and what variables hold. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;

/** A JSON object with string keys. */
export interface JsonObject {
  readonly [key: string]: Json;
}

/** A JSON Schema (draft-07, the dialect Ajv 8 compiles by default). */
export type JsonSchema = { readonly [keyword: string]: unknown };
