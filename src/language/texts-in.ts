import type { Json } from "../contract/json.ts";
import { pointerTo } from "../expression/placed-values.ts";

/** Every text in a value, with its JSON pointer. */
export function textsIn(value: Json, pointer = ""): { readonly text: string; readonly pointer: string }[] {
  if (typeof value === "string") return [{ text: value, pointer }];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries<Json>(value as Readonly<Record<string, Json>>).flatMap(([key, entry]) =>
    textsIn(entry, pointerTo(pointer, key)),
  );
}
