import type { Json, JsonObject } from "../contract/json.ts";
import type { Inventory } from "../language/model/inventory.ts";

/** The variables of a host as they stand in the inventory's files, merged, with stars for what is never shown. */
export function hostVariables(inventory: Inventory, host: string): JsonObject {
  const { layers = [] } = inventory.hosts.get(host) ?? {};
  return Object.assign({}, ...layers.map(({ values }) => values)) as JsonObject;
}

/** The inventory in the shape of `ansible-inventory --list`. */
export function inventoryList(inventory: Inventory): JsonObject {
  const hostvars = hostNames(inventory).map((host) => [host, hostVariables(inventory, host)] as const);
  const groups = groupNames(inventory).map((name) => {
    const hosts = name === "all" ? [] : ownHosts(inventory, name);
    const children = childrenOf(inventory, name);
    const group: JsonObject = {
      ...(hosts.length === 0 ? {} : { hosts }),
      ...(children.length === 0 ? {} : { children }),
    };
    return [name, group] as const;
  });
  return {
    _meta: { hostvars: Object.fromEntries(hostvars) },
    ...Object.fromEntries(groups.filter(([name, group]) => name === "all" || Object.keys(group).length > 0)),
  };
}

/** The inventory as a YAML inventory has it; each host's variables stand where it is named first. */
export function inventoryTree(inventory: Inventory): JsonObject {
  const told = new Set<string>();
  const branch = (name: string): JsonObject => {
    const children = childrenOf(inventory, name).map((child) => [child, branch(child)] as const);
    const hosts = name === "all" ? [] : ownHosts(inventory, name);
    const bodies = hosts.map((host): [string, Json] => {
      const isFirst = !told.has(host);
      told.add(host);
      return [host, isFirst ? hostVariables(inventory, host) : {}];
    });
    return {
      ...(children.length === 0 ? {} : { children: Object.fromEntries(children) }),
      ...(bodies.length === 0 ? {} : { hosts: Object.fromEntries(bodies) }),
    };
  };
  return { all: branch("all") };
}

/** Groups and hosts as a tree of lines. */
export function inventoryGraph(inventory: Inventory, name = "all", depth = 0): string[] {
  const indent = (level: number) => (level === 0 ? "" : `${"  |".repeat(level)}--`);
  const hosts = name === "all" ? [] : ownHosts(inventory, name);
  return [
    `${indent(depth)}@${name}:`,
    ...childrenOf(inventory, name).flatMap((child) => inventoryGraph(inventory, child, depth + 1)),
    ...hosts.map((host) => `${indent(depth + 1)}${host}`),
  ];
}

function groupNames({ source }: Inventory): string[] {
  return [...(source?.known.groups.keys() ?? [])];
}

function hostNames({ groups }: Inventory): readonly string[] {
  return groups.get("all") ?? [];
}

function ownHosts({ source }: Inventory, group: string): string[] {
  return [...(source?.known.groups.get(group)?.hosts ?? [])].filter((host) => host !== "control");
}

/** In the order of the files, `ungrouped` first. */
function childrenOf({ source }: Inventory, group: string): string[] {
  const children = [...(source?.known.groups.get(group)?.children ?? [])];
  return children.toSorted((a, b) => Number(b === "ungrouped") - Number(a === "ungrouped"));
}
