import type { Place, Problem } from "../../contract/errors.ts";
import { isMap } from "../../contract/json.ts";
import { validateSpot } from "../schema-problems/schema-problems.ts";
import { groupSchema } from "../schemas/inventory.ts";
import { childAt, keyPlaceOf, problemAt, type Spot } from "../yaml/spot.ts";
import { unfoldRange } from "./host-range.ts";

/** A group as inventories write it; the same group may be written in several places and files. */
export interface Group {
  readonly name: string;
  /** Where it is first named. */
  readonly place: Place;
  readonly children: Set<string>;
  /** Hosts that stand in the group itself. */
  readonly hosts: Set<string>;
  readonly vars: Spot[];
}

/** What all files of an inventory say together. */
export interface Groups {
  readonly groups: Map<string, Group>;
  /** What is written behind each host's name, in the order of the files; a host may stand in several places. */
  readonly bodies: Map<string, Spot[]>;
}

/** Reads the groups of one file in the shape of Ansible's YAML, and adds them to those that are known. */
export function readGroups(root: Spot, known: Groups, problems: Problem[]): void {
  groupNamed("all", childAt(root, "all") ?? root, known);
  for (const [name, spot] of membersOf(root)) readGroup(name, spot, known, problems);
}

/** The group of that name, begun when nobody named it before. */
export function groupNamed(name: string, spot: Spot, { groups }: Groups): Group {
  const known = groups.get(name);
  if (known !== undefined) return known;
  const group = emptyGroup(name, keyPlaceOf(spot));
  groups.set(name, group);
  return group;
}

/** A group with nothing in it. */
export function emptyGroup(name: string, place: Place): Group {
  return { name, place, children: new Set(), hosts: new Set(), vars: [] };
}

function readGroup(name: string, spot: Spot, known: Groups, problems: Problem[]): void {
  const group = groupNamed(name, spot, known);
  const keyHint = (key: string) => (key.includes(".") ? "put hosts under `hosts:`" : undefined);
  problems.push(...validateSpot(groupSchema, spot, { what: `the group \`${name}\``, keyHint }));
  for (const [key, part] of membersOf(spot)) {
    if (key === "vars" && isMap(part.value)) group.vars.push(part);
    if (key === "hosts") {
      for (const [host, body] of membersOf(part)) addHosts(group, host, body, known, problems);
    }
    if (key !== "children") continue;
    for (const [child, body] of membersOf(part)) {
      if (addChild(group, child, body, problems)) readGroup(child, body, known, problems);
    }
  }
}

/** Puts a host, or all hosts of a range, into a group. */
export function addHosts(
  group: Group,
  written: string,
  body: Spot,
  { bodies }: Groups,
  problems: Problem[],
): void {
  const unfolded = unfoldRange(written);
  if ("message" in unfolded) {
    problems.push({ ...unfolded, place: keyPlaceOf(body) });
    return;
  }
  for (const name of unfolded.names) {
    group.hosts.add(name);
    bodies.set(name, [...(bodies.get(name) ?? []), body]);
  }
}

/** Puts a group into another one; false when it can't be there. */
export function addChild(group: Group, child: string, spot: Spot, problems: Problem[]): boolean {
  if (child === "all") {
    problems.push(problemAt(spot, "`all` can't be inside of another group", "rename the group"));
    return false;
  }
  group.children.add(child);
  return true;
}

/** The members of a mapping, each with its place. */
export function membersOf(spot: Spot | undefined): [string, Spot][] {
  if (spot === undefined || !isMap(spot.value)) return [];
  return Object.keys(spot.value).flatMap((name) => {
    const child = childAt(spot, name);
    return child === undefined ? [] : [[name, child] as [string, Spot]];
  });
}
