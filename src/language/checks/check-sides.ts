import type { Problem } from "../../contract/errors.ts";
import { didYouMean } from "../../expression/did-you-mean.ts";
import type { Inventory, InventoryHost } from "../model/inventory.ts";
import type { Playbook } from "../model/playbook.ts";

/**
 * Checks the two sides of a migration: both there, and not the same machine as far as addresses tell. A list of plays
 * is no migration, and needs no sides unless it speaks of them (`old_host`). An old server that nobody can log in to is no
 * host: then the inventory says so by an empty group, and the playbook has nothing for it to do.
 */
export function checkSides(playbook: Playbook, inventory: Inventory): Problem[] {
  if (playbook.stages.every(({ isPlainList }) => isPlainList) && !speaksOfSides(playbook)) return [];
  const sides = ["old", "new"] as const;
  const problems = sides
    .filter((side) => side === "new" || !isLeftOut(playbook, inventory))
    .flatMap((side) => checkSide(side, inventory));
  const [old = [], fresh = []] = sides.map((side) => hostsIn(side, inventory));
  for (const host of old) {
    const twin = fresh.find((other) => isSameMachine(host, other));
    if (twin !== undefined) problems.push(sameMachine(host, twin));
  }
  return problems;
}

function speaksOfSides({ stages }: Playbook): boolean {
  return stages.some(({ plays }) => /\b(old|new)_(host|address)\b/.test(JSON.stringify(plays)));
}

function isLeftOut({ stages }: Playbook, inventory: Inventory): boolean {
  if (inventory.groups.get("old")?.length !== 0) return false;
  const plays = stages.flatMap((stage) => [...stage.plays, ...stage.rollback]);
  return (
    !/\bold_(host|address)\b/.test(JSON.stringify(plays)) &&
    !plays.some(({ hosts }) => /\bold\b/.test(hosts.text))
  );
}

function checkSide(side: "old" | "new", inventory: Inventory): Problem[] {
  const names = inventory.groups.get(side);
  if (names !== undefined && names.length > 0) return [];
  const what = side === "old" ? "the server that mail moves from" : "the server that mail moves to";
  if (names !== undefined) {
    return [
      {
        message: `the group \`${side}\` has no hosts`,
        place: inventory.source?.known.groups.get(side)?.place,
        hint: `put ${what} under its \`hosts\``,
      },
    ];
  }
  const [file = inventory.file] = inventory.file.split(",");
  const place = { file, line: 1, column: 1 };
  const others = [...inventory.groups.keys()].filter(
    (group) => !["all", "control", "ungrouped", "old", "new"].includes(group),
  );
  const hint =
    didYouMean(side, others) ?? `put ${what} into \`${side}: { hosts: { NAME: { address: … } } }\``;
  return [{ message: `the inventory has no group \`${side}\``, place, hint }];
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
