import type { Json, JsonObject } from "../../contract/json.ts";
import { mapOf } from "./arguments.ts";
import type { Helpers } from "./helper.ts";

/** Helpers that read or make maps. */
export const mapHelpers: Helpers = {
  keys: {
    usage: "keys MAP",
    description: "The keys of a map, as a list.",
    example: ["{{keys (cel \"{'a': 1}\")}}", ["a"]],
    run: ([map]) => Object.keys(mapOf(map)),
    cel: "list",
  },
  values: {
    usage: "values MAP",
    description: "The values of a map, as a list.",
    example: ["{{values (cel \"{'a': 1}\")}}", [1]],
    run: ([map]) => Object.values(mapOf(map)),
    cel: "list",
  },
  items: {
    usage: "items MAP",
    description:
      'A list of `{key, value}`, so that `loop: "{{items users}}"` goes over a mapping (Ansible\'s `dict2items`).',
    example: ["{{items (cel \"{'a': 1}\")}}", [{ key: "a", value: 1 }]],
    run: ([map]) => Object.entries<Json>(mapOf(map)).map(([key, value]) => ({ key, value })),
    cel: "list",
  },
  combine: {
    usage: "combine MAP MAP …",
    description: "All keys of the maps in one; where two have the same key, the later one's value is taken.",
    example: ["{{combine (cel \"{'a': 1, 'b': 1}\") (cel \"{'b': 2}\")}}", { a: 1, b: 2 }],
    run: (maps) => merged(maps.map(mapOf)),
    cel: "map",
  },
};

function merged(maps: readonly JsonObject[]): JsonObject {
  const result: Record<string, Json> = Object.create(null);
  for (const map of maps) for (const [key, value] of Object.entries<Json>(map)) result[key] = value;
  return result;
}
