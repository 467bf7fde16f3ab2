import { BadInput, type Place, type Problem } from "../../contract/errors.ts";
import type { HostAddition, InventoryAddition } from "../../contract/inventory-addition.ts";
import type { JsonObject } from "../../contract/json.ts";
import { noKeys } from "../../secrets/keyring.ts";
import type { Inventory, InventorySource } from "../model/inventory.ts";
import { readKeysOnce } from "./check-key-file.ts";
import { readVarsWith } from "./folder-vars.ts";
import { groupsByHost, hangUnderAll } from "./group-tree.ts";
import type { HostReading } from "./host-layers.ts";
import { emptyGroup, type Group } from "./inventory-groups.ts";
import { isSecretWord, readHost } from "./inventory-host.ts";
import { resolveJumps } from "./inventory-jumps.ts";
import { namesByGroup } from "./load-inventory.ts";

/** Groups that no run may change: the sides of a migration are fixed when it begins. */
const fixed: readonly string[] = ["old", "new", "control"];

/**
 * The inventory with one addition; the very same inventory when it says nothing new. `host` is the one that the task runs
 * for, `place` the task's. Throws BadInput for what can't be added.
 */
export async function growInventory(
  inventory: Inventory,
  addition: InventoryAddition,
  host: string,
  place: Place,
): Promise<Inventory> {
  const source = inventory.source ?? noSource;
  const { name, groups, parents } = wanted(addition, host);
  const variables = addition.kind === "host" ? addition.variables : {};
  refuseFixed([...groups, ...parents], place);
  const added = { ...source.added?.get(name), ...variables };
  if (!saysMore(inventory, name, { groups, parents, added })) return inventory;

  const known = { ...source.known, groups: copyOf(source.known.groups) };
  for (const group of groups) {
    groupNamed(group, known.groups, place).hosts.add(name);
    for (const parent of parents)
      if (parent !== group) groupNamed(parent, known.groups, place).children.add(group);
  }
  hangUnderAll(known.groups);
  const grown: InventorySource = {
    ...source,
    known,
    added: new Map([...(source.added ?? []), [name, added]]),
  };
  return withHost(inventory, grown, name, place);
}

/** The variables that a run may keep of an addition: those that are never shown only tell how to reach the host. */
export function shownVariables({ variables }: HostAddition): JsonObject {
  return Object.fromEntries(Object.entries(variables).filter(([name]) => !isSecretWord(name)));
}

const noSource: InventorySource = {
  known: { groups: new Map(), bodies: new Map() },
  directories: [],
  extraVariables: {},
  keyring: noKeys,
};

function wanted(addition: InventoryAddition, host: string) {
  if (addition.kind === "group") return { name: host, groups: [addition.group], parents: addition.parents };
  const { name, groups } = addition;
  return { name, groups: groups.length === 0 ? ["all"] : groups, parents: [] };
}

function refuseFixed(groups: readonly string[], place: Place): void {
  const named = groups.find((group) => fixed.includes(group));
  if (named === undefined) return;
  const message = `a run can't put hosts into the group \`${named}\``;
  throw new BadInput([{ message, place, hint: "the sides of a migration are those of the inventory" }]);
}

interface Wanted {
  readonly groups: readonly string[];
  readonly parents: readonly string[];
  readonly added: JsonObject;
}

function saysMore({ hosts, source }: Inventory, name: string, { groups, parents, added }: Wanted): boolean {
  const known = source?.known.groups;
  const isMember = groups.every((group) => group === "all" || known?.get(group)?.hosts.has(name));
  const isChild = parents.every((parent) => groups.every((group) => known?.get(parent)?.children.has(group)));
  const same = JSON.stringify(added) === JSON.stringify(source?.added?.get(name) ?? {});
  return !(hosts.has(name) && isMember && isChild && same);
}

function copyOf(groups: ReadonlyMap<string, Group>): Map<string, Group> {
  return new Map(
    [...groups].map(([name, group]) => [
      name,
      { ...group, children: new Set(group.children), hosts: new Set(group.hosts) },
    ]),
  );
}

function groupNamed(name: string, groups: Map<string, Group>, place: Place): Group {
  for (const always of ["all", "ungrouped"]) {
    if (!groups.has(always)) groups.set(always, emptyGroup(always, place));
  }
  const group = groups.get(name) ?? emptyGroup(name, place);
  groups.set(name, group);
  return group;
}

/** Reads the one host anew: more groups bring more variables, from files too. */
async function withHost(
  inventory: Inventory,
  source: InventorySource,
  name: string,
  place: Place,
): Promise<Inventory> {
  const problems: Problem[] = [];
  const { known, directories, playbookDirectory, extraVariables, keyring } = source;
  const vars = readVarsWith(problems, keyring);
  const files = { directories, playbookDirectory, vars, readKey: readKeysOnce() };
  const reading: HostReading = { ...files, extraVariables, keyring, problems };
  const before = inventory.hosts.get(name);
  const parts = {
    groups: groupsByHost(known.groups).get(name) ?? [],
    bodies: known.bodies.get(name) ?? [],
    place: before?.place ?? place,
    added: source.added?.get(name),
  };
  const host = await readHost(name, parts, reading);
  const hosts = new Map([...inventory.hosts, [name, host]]);
  const resolved = resolveJumps(new Map([...inventory.hosts, [name, host]]), problems).get(name) ?? host;
  const errors = problems.filter(({ severity }) => severity !== "warning");
  if (errors.length > 0) throw new BadInput(errors);
  return { ...inventory, hosts: hosts.set(name, resolved), groups: namesByGroup(known), source };
}
