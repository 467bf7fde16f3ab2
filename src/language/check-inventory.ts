import type { Problem } from "../contract/errors.ts";
import { didYouMean } from "../expression/did-you-mean.ts";
import { magicVariables } from "../expression/magic-names.ts";
import { placeIn, pointerTo } from "../expression/placed-values.ts";
import type { Group } from "./inventory-groups.ts";
import type { Inventory, InventoryHost } from "./model.ts";
import { placeOf, type Spot } from "./spot.ts";

/** Checks the two sides: both there, and not the same machine as far as addresses tell. */
export function checkInventory(
  inventory: Inventory,
  root: Spot,
  groups: ReadonlyMap<string, Group>,
): Problem[] {
  const sides = ["old", "new"] as const;
  const problems = sides.flatMap((side) => checkSide(side, inventory, root, groups));
  const [old = [], fresh = []] = sides.map((side) => hostsIn(side, inventory));
  for (const host of old) {
    const twin = fresh.find((other) => isSameMachine(host, other));
    if (twin !== undefined) problems.push(sameMachine(host, twin));
  }
  return [...problems, ...[...inventory.hosts.values()].flatMap(hiddenVariables)];
}

function checkSide(
  side: "old" | "new",
  inventory: Inventory,
  root: Spot,
  groups: ReadonlyMap<string, Group>,
): Problem[] {
  const names = inventory.groups.get(side);
  if (names !== undefined && names.length > 0) return [];
  const what = side === "old" ? "the server that mail moves from" : "the server that mail moves to";
  if (names !== undefined) {
    return [
      {
        message: `the group \`${side}\` has no hosts`,
        place: groups.get(side)?.place ?? placeOf(root),
        hint: `put ${what} under its \`hosts\``,
      },
    ];
  }
  const others = [...inventory.groups.keys()].filter(
    (group) => !["all", "control", "old", "new"].includes(group),
  );
  const hint =
    didYouMean(side, others) ?? `put ${what} into \`${side}: { hosts: { NAME: { address: … } } }\``;
  return [{ message: `the inventory has no group \`${side}\``, place: placeOf(root), hint }];
}

function hostsIn(side: string, inventory: Inventory): InventoryHost[] {
  return (inventory.groups.get(side) ?? []).flatMap((name) => inventory.hosts.get(name) ?? []);
}

function isSameMachine(a: InventoryHost, b: InventoryHost): boolean {
  if (a.name === b.name) return true;
  return (
    a.spec.connection === b.spec.connection &&
    a.spec.address.toLowerCase() === b.spec.address.toLowerCase() &&
    (a.spec.port ?? 22) === (b.spec.port ?? 22) &&
    a.spec.jump === b.spec.jump
  );
}

function sameMachine(old: InventoryHost, twin: InventoryHost): Problem {
  const hint = "mail moves between two machines: give each side its own address";
  if (old.name === twin.name)
    return { message: `\`${old.name}\` is in \`old\` and in \`new\``, place: twin.place, hint };
  return {
    message: `\`${old.name}\` and \`${twin.name}\` have the same address ${old.spec.address}`,
    place: twin.place,
    hint,
  };
}

/** A variable that nobody will ever see, because a run sets one of that name. */
function hiddenVariables({ variables }: InventoryHost): Problem[] {
  return Object.keys(variables)
    .filter((name) => Object.hasOwn(magicVariables, name))
    .map((name) => ({
      message: `the variable \`${name}\` is hidden by Mailferry's own: ${magicVariables[name]}`,
      place: placeIn(variables, pointerTo("", name)),
      hint: "take another name if a playbook of yours reads it",
      severity: "warning" as const,
    }));
}
