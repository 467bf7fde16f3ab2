import type { Place, Problem } from "../contract/errors.ts";
import { validateSpot } from "./schema-problems.ts";
import { groupSchema } from "./schemas/inventory.ts";
import { childAt, isMap, keyPlaceOf, problemAt, type Spot } from "./spot.ts";

/** A group as the inventory writes it; the same group may be written in several places. */
export interface Group {
  readonly name: string;
  /** Where it is first named. */
  readonly place: Place;
  readonly children: Set<string>;
  /** Host bodies by name; a host may have several. */
  readonly hosts: Map<string, Spot[]>;
  readonly vars: Spot[];
}

/** Reads the groups of an inventory. Every group is a child of `all`, straight or by others. */
export function readGroups(root: Spot, problems: Problem[]): ReadonlyMap<string, Group> {
  const groups = new Map<string, Group>();
  const all = groupNamed("all", childAt(root, "all") ?? root, groups);
  for (const name of Object.keys(isMap(root.value) ? root.value : {})) {
    const spot = childAt(root, name);
    if (spot === undefined) continue;
    if (name !== "all") all.children.add(name);
    readGroup(name, spot, groups, problems);
  }
  problems.push(...circles(groups));
  return groups;
}

function groupNamed(name: string, spot: Spot, groups: Map<string, Group>): Group {
  const known = groups.get(name);
  if (known !== undefined) return known;
  const group: Group = { name, place: keyPlaceOf(spot), children: new Set(), hosts: new Map(), vars: [] };
  groups.set(name, group);
  return group;
}

function readGroup(name: string, spot: Spot, groups: Map<string, Group>, problems: Problem[]): void {
  const group = groupNamed(name, spot, groups);
  const keyHint = (key: string) => (key.includes(".") ? "put hosts under `hosts:`" : undefined);
  problems.push(...validateSpot(groupSchema, spot, { what: `the group \`${name}\``, keyHint }));
  if (!isMap(spot.value)) return;
  const vars = childAt(spot, "vars");
  if (vars !== undefined && isMap(vars.value)) group.vars.push(vars);
  for (const [host, body] of members(childAt(spot, "hosts"))) {
    group.hosts.set(host, [...(group.hosts.get(host) ?? []), body]);
  }
  for (const [child, body] of members(childAt(spot, "children"))) {
    if (child === "all") {
      problems.push(problemAt(body, "`all` can't be inside of another group", "rename the group"));
      continue;
    }
    group.children.add(child);
    readGroup(child, body, groups, problems);
  }
}

function members(spot: Spot | undefined): [string, Spot][] {
  if (spot === undefined || !isMap(spot.value)) return [];
  return Object.keys(spot.value).flatMap((name) => {
    const child = childAt(spot, name);
    return child === undefined ? [] : [[name, child] as [string, Spot]];
  });
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
        problems.push({
          message,
          place: groups.get(name)?.place,
          hint: `take \`${child}\` out of \`${name}\``,
        });
        children.delete(child);
      } else visit(child, [...path, name]);
    }
    done.add(name);
  };
  visit("all", []);
  return problems;
}

/** Names of the hosts of a group and of the groups inside it, in the order of the file. */
export function hostsOf(name: string, groups: ReadonlyMap<string, Group>): string[] {
  const group = groups.get(name);
  if (group === undefined) return [];
  const inside = [...group.children].flatMap((child) => hostsOf(child, groups));
  return [...new Set([...group.hosts.keys(), ...inside])];
}

/** The groups that a host is in, those furthest outside first. */
export function groupsOf(host: string, groups: ReadonlyMap<string, Group>): Group[] {
  const depths = groupDepths(groups);
  return [...groups.values()]
    .filter(({ name }) => hostsOf(name, groups).includes(host))
    .sort((a, b) => (depths.get(a.name) ?? 0) - (depths.get(b.name) ?? 0));
}

function groupDepths(groups: ReadonlyMap<string, Group>): ReadonlyMap<string, number> {
  const depths = new Map<string, number>();
  const visit = (name: string, depth: number) => {
    depths.set(name, Math.max(depth, depths.get(name) ?? 0));
    for (const child of groups.get(name)?.children ?? []) visit(child, depth + 1);
  };
  visit("all", 0);
  return depths;
}
