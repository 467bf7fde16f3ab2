import { BadInput, type Problem } from "../contract/errors.ts";
import type { JsonObject } from "../contract/json.ts";
import { checkInventory } from "./check-inventory.ts";
import { type Group, hostsOf, readGroups } from "./inventory-groups.ts";
import { controlHost, readHost } from "./inventory-host.ts";
import { resolveJumps } from "./inventory-jumps.ts";
import type { Inventory, InventoryHost } from "./model.ts";
import { sortProblems } from "./problems.ts";
import { readTextFile } from "./read-text.ts";
import { parseYaml, type YamlFile } from "./read-yaml.ts";
import { isMap, problemAt, type Spot } from "./spot.ts";

/** What an inventory is read with. */
export interface InventoryOptions {
  /** Variables of the command line: they win over those of the file. */
  readonly extraVariables?: JsonObject | undefined;
}

/** Reads an inventory in the shape of Ansible's YAML and checks all that can be known without a connection. Throws BadInput with every problem. */
export async function loadInventory(file: string, options: InventoryOptions = {}): Promise<Inventory> {
  const yaml = await readInventoryFile(file);
  const root: Spot = { yaml, pointer: "", value: yaml.value ?? {} };
  const problems: Problem[] = [];
  const groups = readGroups(root, problems);
  const hosts = await readHosts(groups, options, problems);
  const inventory: Inventory = {
    file,
    hosts: resolveJumps(hosts, problems),
    groups: namesByGroup(groups),
  };
  // What is wrong with a group may be why a side seems to be empty: first things first.
  if (!problems.some(isError)) problems.push(...checkInventory(inventory, root, groups));
  if (problems.some(isError)) throw new BadInput(sortProblems(problems));
  return { ...inventory, warnings: sortProblems(problems) };
}

function isError({ severity }: Problem): boolean {
  return severity !== "warning";
}

async function readInventoryFile(file: string): Promise<YamlFile> {
  const text = await readTextFile(file);
  const foreign = otherFormat(text);
  const place = { file, line: 1, column: 1 };
  if (foreign !== undefined) {
    throw new BadInput([{ message: `${file} is ${foreign}, not YAML`, place, hint: example }]);
  }
  const yaml = parseYaml(text, file);
  const root: Spot = { yaml, pointer: "", value: yaml.value ?? null };
  if (yaml.value === undefined) {
    throw new BadInput([{ message: "the inventory is empty", place, hint: example }]);
  }
  if (!isMap(root.value))
    throw new BadInput([problemAt(root, "an inventory is a mapping of groups", example)]);
  return yaml;
}

const example =
  "write `all: { children: { old: { hosts: { NAME: { address: … } } }, new: { hosts: { NAME: { address: … } } } } }`";

/** Ansible has inventories of other kinds, whose first lines give them away. */
function otherFormat(text: string): string | undefined {
  if (text.startsWith("#!")) return "a script";
  if (/^\s*\[[\w:.-]+\]\s*$/m.test(text) && !/^\s*all\s*:/m.test(text)) return "in INI format";
  return undefined;
}

async function readHosts(
  groups: ReadonlyMap<string, Group>,
  options: InventoryOptions,
  problems: Problem[],
): Promise<ReadonlyMap<string, InventoryHost>> {
  const hosts = new Map<string, InventoryHost>();
  for (const name of hostsOf("all", groups)) {
    const host = await readHost(name, groups, options.extraVariables ?? {}, problems);
    if (host !== undefined) hosts.set(name, host);
  }
  if (!hosts.has("control")) hosts.set("control", controlHost(groups));
  return hosts;
}

/** Host names by group. `control` is the machine itself and not one of `all`. */
function namesByGroup(groups: ReadonlyMap<string, Group>): ReadonlyMap<string, readonly string[]> {
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
