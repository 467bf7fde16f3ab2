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

/** The object or list that a text holds as JSON; undefined where it holds anything else, or is no JSON. */
export function parseObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * JSON that may be shown on a terminal: what JSON itself leaves of control characters, and of marks that change the direction
 * of writing, is escaped too. It reads back as the same value.
 */
export function printableJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replaceAll(
    /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
