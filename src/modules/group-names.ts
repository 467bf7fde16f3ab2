import type { Json, JsonSchema } from "../contract/json.ts";

/** Names of groups: a list, or one text with commas between. */
export function groupNamesSchema(description: string): JsonSchema {
  return { description, type: ["array", "string"], items: { type: "string", minLength: 1 } };
}

/** The names as a list. */
export function readGroupNames(given: Json | undefined): string[] {
  const names = Array.isArray(given) ? given.map(String) : String(given ?? "").split(",");
  return names.map((name) => name.trim()).filter((name) => name !== "");
}
