import { BadInput, type Place, type Problem } from "../../contract/errors.ts";
import type { JsonObject } from "../../contract/json.ts";
import { type Keyring, noKeys } from "../../secrets/keyring.ts";
import type { Inventory, InventoryHost } from "../model/inventory.ts";
import { sortProblems } from "../problems.ts";
import { keyPlaceOf } from "../yaml/spot.ts";
import { hiddenVariables } from "./check-inventory.ts";
import { readKeysOnce } from "./check-key-file.ts";
import { readVarsWith } from "./folder-vars.ts";
import { finishGroups, groupsByHost, hostsOf } from "./group-tree.ts";
import type { HostReading } from "./host-layers.ts";
import type { Groups } from "./inventory-groups.ts";
import { readControl, readHost } from "./inventory-host.ts";
import { resolveJumps } from "./inventory-jumps.ts";
import { readSource } from "./inventory-sources.ts";

/** What an inventory is read with. */
export interface InventoryOptions {
  /** Variables of the command line: they win over those of the files. */
  readonly extraVariables?: JsonObject | undefined;
  /** The directory of the playbook, whose `group_vars` and `host_vars` count too. */
  readonly playbookDirectory?: string | undefined;
  /** What opens encrypted files and values. */
  readonly keyring?: Keyring | undefined;
}

/**
 * Reads inventories as Ansible does, several as one: YAML, what `ansible-inventory --list` prints, executables and
 * directories, with `group_vars` and `host_vars`. Checks all that can be known without a connection. Throws BadInput
 * with every problem.
 */
export async function loadInventory(
  given: string | readonly string[],
  { extraVariables = {}, playbookDirectory, keyring = noKeys }: InventoryOptions = {},
): Promise<Inventory> {
  const problems: Problem[] = [];
  const files = typeof given === "string" ? [given] : given;
  const known: Groups = { groups: new Map(), bodies: new Map() };
  const directories: string[] = [];
  for (const file of files) directories.push((await readSource(file, known, problems, keyring)).directory);
  if (problems.some(isError)) throw new BadInput(sortProblems(problems));
  const place = { file: files[0] ?? "inventory", line: 1, column: 1 };
  problems.push(...finishGroups(known, place));
  const vars = readVarsWith(problems, keyring);
  const source = {
    known,
    directories: [...new Set(directories)],
    playbookDirectory,
    extraVariables,
    keyring,
  };
  const hosts = await readHosts(known, place, { ...source, vars, readKey: readKeysOnce(), problems });
  const inventory: Inventory = {
    file: files.join(","),
    hosts: resolveJumps(hosts, problems),
    groups: namesByGroup(known),
    source,
  };
  problems.push(...[...inventory.hosts.values()].flatMap(hiddenVariables));
  if (problems.some(isError)) throw new BadInput(sortProblems(problems));
  return { ...inventory, warnings: sortProblems(problems) };
}

function isError({ severity }: Problem): boolean {
  return severity !== "warning";
}

async function readHosts(
  { groups, bodies }: Groups,
  place: Place,
  reading: HostReading,
): Promise<ReadonlyMap<string, InventoryHost>> {
  const hosts = new Map<string, InventoryHost>();
  const groupsOf = groupsByHost(groups);
  for (const [name, own] of bodies) {
    const named = own[0] === undefined ? place : keyPlaceOf(own[0]);
    hosts.set(
      name,
      await readHost(name, { groups: groupsOf.get(name) ?? [], bodies: own, place: named }, reading),
    );
  }
  if (!hosts.has("control")) hosts.set("control", await readControl(groups.get("all"), place, reading));
  return hosts;
}

/** Host names by group. `control` is the machine itself and not one of `all`. */
export function namesByGroup({ groups }: Groups): ReadonlyMap<string, readonly string[]> {
  const names = new Map<string, readonly string[]>();
  for (const group of groups.keys()) {
    names.set(
      group,
      hostsOf(group, groups).filter((name) => name !== "control"),
    );
  }
  names.set("control", ["control"]);
  return names;
}
