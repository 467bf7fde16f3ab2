import type { Variables } from "../contract/host.ts";
import { isList, type Json } from "../contract/json.ts";
import { controlReaderOf } from "./control-lookups.ts";

/** A number, text, list, map or logical value as CEL holds it: whole numbers are BigInt. */
export type CelValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | readonly CelValue[]
  | { readonly [key: string]: CelValue };

/** The name under which expressions get the reader of control; no expression can write it. */
export const controlName = "@control";

/** Variables as CEL wants them, each converted only when it is read. */
export function toCelContext(variables: Variables): Record<string, unknown> {
  const context: Record<string, unknown> = lazyMap(Object.keys(variables), (name) =>
    toCel(variables[name] ?? null),
  );
  context[controlName] = controlReaderOf(variables);
  return context;
}

/** cel-js takes a JavaScript number for a double, and knows no `double + int`: whole numbers have to be BigInt. */
export function toCel(value: Json): CelValue {
  if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (typeof value !== "object" || value === null) return value;
  if (isList(value)) return value.map(toCel);
  const map = value;
  return lazyMap(Object.keys(map), (key) => toCel(map[key] ?? null));
}

/** What an expression gave, as plain data. */
export function fromCel(value: unknown): Json {
  if (typeof value === "bigint") return Number(value);
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  if (value === null || value === undefined) return null;
  if (Array.isArray(value)) return value.map(fromCel);
  if (value instanceof Map) return objectOf([...value.entries()]);
  if (typeof value === "object" && isPlain(value)) return objectOf(Object.entries(value));
  return String(value);
}

function objectOf(entries: readonly (readonly [unknown, unknown])[]): Json {
  const object: Record<string, Json> = Object.create(null);
  for (const [key, value] of entries) object[String(key)] = fromCel(value);
  return object;
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

/** An object without prototype whose values are made when they are first read. */
export function lazyMap<Value>(
  names: readonly string[],
  make: (name: string) => Value,
): { readonly [key: string]: Value } {
  const map: Record<string, Value> = Object.create(null);
  for (const name of names) {
    let made: { readonly value: Value } | undefined;
    Object.defineProperty(map, name, {
      enumerable: true,
      get() {
        made ??= { value: make(name) };
        return made.value;
      },
    });
  }
  return map;
}
