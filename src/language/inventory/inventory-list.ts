import type { Problem } from "../../contract/errors.ts";
import { isList, isMap } from "../../contract/json.ts";
import { childAt, entriesOf, problemAt, type Spot } from "../yaml/spot.ts";
import { addChild, addHosts, type Groups, groupNamed, membersOf } from "./inventory-groups.ts";

/** Whether an inventory has the shape of `ansible-inventory --list`: lists of names, and variables of hosts under `_meta`. */
export function isListShape(root: Spot): boolean {
  if (childAt(root, "_meta") !== undefined) return true;
  return membersOf(root).some(
    ([, spot]) =>
      isList(spot.value) ||
      (isMap(spot.value) &&
        (isList(spot.value.hosts) || (isList(spot.value.children) && spot.value.children.length > 0))),
  );
}

/** Reads the groups of such an inventory, and adds them to those that are known. */
export function readListGroups(root: Spot, known: Groups, problems: Problem[]): void {
  const hostvars = hostvarsOf(root, problems);
  groupNamed("all", childAt(root, "all") ?? root, known);
  for (const [name, spot] of membersOf(root)) {
    if (name !== "_meta") readListGroup(name, spot, known, problems);
  }
  // As in Ansible, variables alone make no host.
  for (const [host, body] of hostvars) known.bodies.get(host)?.push(body);
}

function hostvarsOf(root: Spot, problems: Problem[]): [string, Spot][] {
  const meta = childAt(root, "_meta");
  const hostvars = meta === undefined ? undefined : childAt(meta, "hostvars");
  const wrong = [meta, hostvars].find((spot) => spot !== undefined && !isMap(spot.value));
  if (wrong !== undefined) {
    problems.push(
      problemAt(wrong, "`_meta` wants `{ hostvars: { HOST: { … } } }`", "give every host a mapping"),
    );
  }
  return membersOf(hostvars).filter(([name, spot]) =>
    isMapping(spot, `the variables of \`${name}\` have`, problems),
  );
}

function readListGroup(name: string, spot: Spot, known: Groups, problems: Problem[]): void {
  const group = groupNamed(name, spot, known);
  // The old form: a group that is nothing but its hosts.
  if (isList(spot.value)) {
    for (const [host, body] of namesIn(spot, problems)) addHosts(group, host, body, known, problems);
    return;
  }
  if (!isMapping(spot, `the group \`${name}\` has`, problems)) return;
  const vars = childAt(spot, "vars");
  if (vars !== undefined && isMapping(vars, `\`vars\` of the group \`${name}\` have`, problems))
    group.vars.push(vars);
  for (const [host, body] of namesIn(childAt(spot, "hosts"), problems))
    addHosts(group, host, body, known, problems);
  for (const [child, body] of namesIn(childAt(spot, "children"), problems)) {
    if (addChild(group, child, body, problems)) groupNamed(child, body, known);
  }
}

/** The texts of a list, each as a body with nothing in it. */
function namesIn(spot: Spot | undefined, problems: Problem[]): [string, Spot][] {
  if (spot === undefined || spot.value === null) return [];
  if (!isList(spot.value)) {
    problems.push(problemAt(spot, "names are wanted here, in a list", 'write `["NAME", …]`'));
    return [];
  }
  return entriesOf(spot).flatMap((entry) => {
    if (typeof entry.value === "string") return [[entry.value, { ...entry, value: null }] as [string, Spot]];
    problems.push(problemAt(entry, "a name is wanted here, as a text"));
    return [];
  });
}

function isMapping(spot: Spot, what: string, problems: Problem[]): boolean {
  if (isMap(spot.value)) return true;
  problems.push(problemAt(spot, `${what} to be a mapping`));
  return false;
}
