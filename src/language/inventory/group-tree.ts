import type { Place, Problem } from "../../contract/errors.ts";
import { isMap } from "../../contract/json.ts";
import { emptyGroup, type Group, type Groups } from "./inventory-groups.ts";

/** A group's number that orders it among groups of the same depth; it is no variable of hosts. */
export const priorityWord = "ansible_group_priority";

/**
 * What makes a tree of the groups of all files: `all` holds every group that nothing else holds, `ungrouped` the hosts
 * that are in no other group, and no group holds itself.
 */
export function finishGroups(known: Groups, root: Place): Problem[] {
  const { groups } = known;
  for (const name of ["all", "ungrouped"]) if (!groups.has(name)) groups.set(name, emptyGroup(name, root));
  const problems = circles(groups);
  hangUnderAll(groups);
  return problems;
}

/** Puts what no group holds under `all`, and makes `ungrouped` what it says. */
export function hangUnderAll(groups: ReadonlyMap<string, Group>): void {
  const [all, ungrouped] = [groups.get("all"), groups.get("ungrouped")];
  if (all === undefined || ungrouped === undefined) return;
  const held = new Set([...groups.values()].flatMap(({ children }) => [...children]));
  for (const name of groups.keys()) if (name !== "all" && !held.has(name)) all.children.add(name);
  const others = [...groups.values()].filter(({ name }) => name !== "all" && name !== "ungrouped");
  const grouped = new Set(others.flatMap(({ hosts }) => [...hosts]));
  for (const host of [...ungrouped.hosts]) if (grouped.has(host)) ungrouped.hosts.delete(host);
  for (const host of all.hosts) if (!grouped.has(host)) ungrouped.hosts.add(host);
}

/** Groups that contain themselves; their children are cut off, so that everything after this ends. */
function circles(groups: ReadonlyMap<string, Group>): Problem[] {
  const problems: Problem[] = [];
  const done = new Set<string>();
  const visit = (name: string, path: readonly string[]) => {
    if (done.has(name)) return;
    const children = groups.get(name)?.children ?? new Set<string>();
    for (const child of [...children]) {
      if ([...path, name].includes(child)) {
        const message = `groups contain each other in a circle: ${[...path, name, child].join(" → ")}`;
        const hint = `take \`${child}\` out of \`${name}\``;
        problems.push({ message, place: groups.get(name)?.place, hint });
        children.delete(child);
      } else visit(child, [...path, name]);
    }
    done.add(name);
  };
  for (const name of groups.keys()) visit(name, []);
  return problems;
}

/** Names of the hosts of a group and of the groups inside it, in the order of the files. */
export function hostsOf(name: string, groups: ReadonlyMap<string, Group>): string[] {
  const group = groups.get(name);
  if (group === undefined) return [];
  const inside = [...group.children].flatMap((child) => hostsOf(child, groups));
  return [...new Set([...group.hosts, ...inside])];
}

/** The groups of each host, in the order in which their variables count: by depth, by priority, by name; the last one wins. */
export function groupsByHost(groups: ReadonlyMap<string, Group>): ReadonlyMap<string, readonly Group[]> {
  const depths = groupDepths(groups);
  const inOrder = [...groups.values()].toSorted(
    (a, b) =>
      (depths.get(a.name) ?? 0) - (depths.get(b.name) ?? 0) ||
      priorityOf(a) - priorityOf(b) ||
      (a.name < b.name ? -1 : 1),
  );
  const byHost = new Map<string, Group[]>();
  for (const group of inOrder) {
    for (const host of hostsOf(group.name, groups)) {
      const known = byHost.get(host);
      if (known === undefined) byHost.set(host, [group]);
      else known.push(group);
    }
  }
  return byHost;
}

function groupDepths(groups: ReadonlyMap<string, Group>): ReadonlyMap<string, number> {
  const depths = new Map<string, number>();
  const visit = (name: string, depth: number) => {
    if ((depths.get(name) ?? -1) >= depth) return;
    depths.set(name, depth);
    for (const child of groups.get(name)?.children ?? []) visit(child, depth + 1);
  };
  visit("all", 0);
  return depths;
}

function priorityOf({ vars }: Group): number {
  const given = vars.flatMap(({ value }) => (isMap(value) ? [value[priorityWord]] : []));
  return Number(given.findLast((value) => value !== undefined) ?? 1) || 1;
}
