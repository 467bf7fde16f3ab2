import type { Place, Problem } from "../../contract/errors.ts";
import type { Json, JsonObject } from "../../contract/json.ts";
import { placeIn, pointerTo, withPlaces } from "../../expression/placed-values.ts";
import type { VariableLevel } from "../../expression/variable-levels.ts";
import type { Keyring } from "../../secrets/keyring.ts";
import type { InventoryLayer } from "../model/inventory.ts";
import { type Spot, valuesAt } from "../yaml/spot.ts";
import type { KeyReader } from "./check-key-file.ts";
import { shortNameOf } from "./connection-words.ts";
import type { VarsReader } from "./folder-vars.ts";
import { priorityWord } from "./group-tree.ts";
import type { Group } from "./inventory-groups.ts";

/** What a host is read from. */
export interface HostParts {
  /** Its groups, in the order in which their variables count. */
  readonly groups: readonly Group[];
  /** What the inventory writes behind its name; none for a host that only a run knows. */
  readonly bodies: readonly Spot[];
  /** Where it is first named. */
  readonly place: Place;
  /** Variables that a run gave it: data, never rendered. */
  readonly added?: JsonObject | undefined;
}

/** What all hosts of an inventory are read with. */
export interface HostReading {
  /** Directories of the inventories, in the order they were given; then the playbook's, where there is one. */
  readonly directories: readonly string[];
  readonly playbookDirectory?: string | undefined;
  readonly extraVariables: JsonObject;
  readonly keyring: Keyring;
  readonly vars: VarsReader;
  readonly readKey: KeyReader;
  readonly problems: Problem[];
}

/** What one place in the files says about a host. */
export interface ReadLayer extends Omit<InventoryLayer, "values"> {
  readonly spot: Spot;
}

/** All that files say about a host, lowest first. */
export async function layersOf(
  name: string,
  { groups, bodies }: HostParts,
  reading: HostReading,
): Promise<ReadLayer[]> {
  const all = groups.filter((group) => group.name === "all").map((group) => group.name);
  const others = groups.filter((group) => group.name !== "all").map((group) => group.name);
  const { directories, playbookDirectory } = reading;
  // A playbook beside its one inventory has the same files, which then need to be read once only.
  const isApart = directories.length > 1 || directories[0] !== playbookDirectory;
  const playbook = playbookDirectory !== undefined && isApart ? [playbookDirectory] : [];

  async function files(
    level: VariableLevel,
    at: readonly string[],
    folder: "group_vars" | "host_vars",
    names: readonly string[],
  ) {
    const read: ReadLayer[] = [];
    for (const from of names) {
      for (const directory of at) {
        const spots = await reading.vars.read(directory, folder, from);
        read.push(...spots.map((spot) => ({ level, from, spot })));
      }
    }
    return read;
  }

  return [
    ...groups.flatMap(({ name: from, vars }) =>
      vars.map((spot) => ({ level: "inventory group vars" as const, from, spot })),
    ),
    ...(await files("inventory group_vars/all", directories, "group_vars", all)),
    ...(await files("playbook group_vars/all", playbook, "group_vars", all)),
    ...(await files("inventory group_vars/*", directories, "group_vars", others)),
    ...(await files("playbook group_vars/*", playbook, "group_vars", others)),
    ...bodies.map((spot) => ({ level: "inventory host vars" as const, from: name, spot })),
    ...(await files("inventory host_vars/*", directories, "host_vars", [name])),
    ...(await files("playbook host_vars/*", playbook, "host_vars", [name])),
  ];
}

/** Later layers win. A variable under Ansible's name for it stands under Mailferry's name too. */
export function mergeLayers(layers: readonly ReadLayer[], place: Place): JsonObject {
  const merged: Record<string, Json> = {};
  const origin = new Map<string, readonly [JsonObject, string]>();
  for (const layer of layers.map(({ spot }) => valuesAt(spot))) {
    for (const [key, value] of Object.entries(layer)) {
      if (key === priorityWord) continue;
      for (const name of [key, shortNameOf(key)]) {
        if (name === undefined) continue;
        merged[name] = value;
        origin.set(name, [layer, key]);
      }
    }
  }
  return withPlaces(merged, (pointer) => {
    const [name = "", ...rest] = pointer.split("/").slice(1);
    const [layer, key] = origin.get(name) ?? [];
    const found = layer && key ? placeIn(layer, [pointerTo("", key), ...rest].join("/")) : undefined;
    return found ?? place;
  });
}
