import type { Problem } from "../contract/errors.ts";
import type { Json, JsonObject } from "../contract/json.ts";
import { placeIn, pointerTo, withPlaces } from "../expression/placed-values.ts";
import { connectionWords, secretWords, shortNameOf } from "./connection-words.ts";
import { readConnection } from "./host-connection.ts";
import { type Group, groupsOf } from "./inventory-groups.ts";
import { checkHostName, checkVariableNames } from "./inventory-names.ts";
import type { InventoryHost } from "./model.ts";
import { keyPlaceOf, type Spot, valuesAt } from "./spot.ts";

/** Reads one host: its variables from all its groups and itself, and how to reach it. */
export async function readHost(
  name: string,
  groups: ReadonlyMap<string, Group>,
  extraVariables: JsonObject,
  problems: Problem[],
): Promise<InventoryHost | undefined> {
  const own = groupsOf(name, groups);
  const bodies = own.flatMap((group) => group.hosts.get(name) ?? []);
  const [first] = bodies;
  if (first === undefined) return undefined;
  const place = keyPlaceOf(first);
  problems.push(...checkHostName(name, first), ...checkVariableNames(bodies, own));
  const variables = mergeLayers([...own.flatMap(({ vars }) => vars), ...bodies]);
  const connection = await readConnection(name, { variables, extraVariables, place, bodies }, problems);
  return {
    name,
    place,
    groups: own.map((group) => group.name),
    variables: withoutSecrets(variables),
    ...connection,
  };
}

/** This machine, as an inventory that does not mention it has it. */
export function controlHost(groups: ReadonlyMap<string, Group>): InventoryHost {
  const vars = groups.get("all")?.vars ?? [];
  return {
    name: "control",
    place: { file: vars[0]?.yaml.file ?? "inventory", line: 1, column: 1 },
    groups: ["control"],
    variables: withoutSecrets(withoutConnection(mergeLayers(vars))),
    spec: { name: "control", connection: "local", address: "localhost" },
    become: false,
    becomeUser: "root",
  };
}

/** Later layers win. A variable under Ansible's name for it stands under Mailferry's name too. */
function mergeLayers(layers: readonly Spot[]): JsonObject {
  const merged: Record<string, Json> = {};
  const origin = new Map<string, readonly [JsonObject, string]>();
  for (const layer of layers.map(valuesAt)) {
    for (const [key, value] of Object.entries(layer)) {
      for (const name of [key, shortNameOf(key)]) {
        if (name === undefined) continue;
        merged[name] = value;
        origin.set(name, [layer, key]);
      }
    }
  }
  const [somewhere] = layers;
  return withPlaces(merged, (pointer) => {
    const [name = "", ...rest] = pointer.split("/").slice(1);
    const [layer, key] = origin.get(name) ?? [];
    const found = layer && key ? placeIn(layer, [pointerTo("", key), ...rest].join("/")) : undefined;
    return found ?? (somewhere === undefined ? nowhere : keyPlaceOf(somewhere));
  });
}

const nowhere = { file: "inventory", line: 1, column: 1 };

function withoutSecrets(variables: JsonObject): JsonObject {
  return without(variables, (name) => secretWords.includes(shortNameOf(name) ?? name));
}

function withoutConnection(variables: JsonObject): JsonObject {
  return without(variables, (name) => Object.hasOwn(connectionWords, shortNameOf(name) ?? name));
}

function without(variables: JsonObject, isLeftOut: (name: string) => boolean): JsonObject {
  const kept = Object.entries(variables).filter(([name]) => !isLeftOut(name));
  return withPlaces(Object.fromEntries(kept), (pointer) => placeIn(variables, pointer) ?? nowhere);
}
