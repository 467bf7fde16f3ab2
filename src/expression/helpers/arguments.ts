import { isList, isMap, type Json, type JsonObject } from "../../contract/json.ts";
import { HelperError } from "./helper.ts";

/** The argument as text. Throws HelperError for what is no text, number, true or false. */
export function textOf(value: Json | undefined): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  throw new HelperError(`it wants text here and got ${describe(value)}`);
}

/** The argument as a list. Throws HelperError. */
export function listOf(value: Json | undefined): readonly Json[] {
  if (isList(value)) return value;
  throw new HelperError(`it wants a list here and got ${describe(value)}`);
}

/** The argument as a map. Throws HelperError. */
export function mapOf(value: Json | undefined): JsonObject {
  if (isMap(value)) return value;
  throw new HelperError(`it wants a map here and got ${describe(value)}`);
}

/** The argument as a whole number. Throws HelperError. */
export function wholeOf(value: Json | undefined): number {
  if (typeof value === "number" && Number.isFinite(value)) return Math.trunc(value);
  const text = typeof value === "string" ? value.trim() : "";
  if (/^[-+]?\d+$/.test(text)) return Number(text);
  throw new HelperError(`it wants a whole number here and got ${describe(value)}`);
}

/** The argument as a regular expression. Throws HelperError for one that can't be read. */
export function patternOf(value: Json | undefined): RegExp {
  try {
    return new RegExp(textOf(value), "gu");
  } catch (error) {
    if (error instanceof SyntaxError) throw new HelperError(error.message);
    throw error;
  }
}

/** True when both are the same, lists and maps by what is in them. */
export function isSame(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object") return false;
  return JSON.stringify(a) === JSON.stringify(b);
}

/** False for false, 0, null, empty text and the empty list. */
export function isTruthy(value: Json | undefined): boolean {
  if (isList(value)) return value.length > 0;
  return Boolean(value);
}

/** A word for what kind of value it is: "a list", "null". */
export function describe(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a map";
  if (typeof value === "string") return `the text "${value.length > 40 ? `${value.slice(0, 40)}…` : value}"`;
  return `the ${typeof value} ${String(value)}`;
}
