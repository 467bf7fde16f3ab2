import type { Problem } from "../../contract/errors.ts";
import { didYouMean } from "../../expression/did-you-mean.ts";
import { placeWithin } from "../../expression/placed-values.ts";
import { matchHosts, type PatternFault } from "../inventory/host-pattern.ts";
import type { Inventory } from "../model/inventory.ts";
import type { Source } from "../model/source.ts";

/** How a pattern is looked at. */
export interface PatternUse {
  /** A run may add hosts and groups before (add_host, group_by): a name that is not there yet is none to refuse. */
  readonly mayGrow: boolean;
  /** Nothing matched is an error: in a stage of a migration no play may silently fall away. */
  readonly mustMatch: boolean;
  /** Names whose absence is told elsewhere. */
  readonly mayMiss?: readonly string[] | undefined;
}

/** What is wrong with a host pattern: unknown names, broken expressions, nothing that matches. A template is left for the run. */
export function checkHostPattern(
  { text, place }: Source,
  inventory: Inventory | undefined,
  { mayGrow, mustMatch, mayMiss = [] }: PatternUse,
): Problem[] {
  if (text.includes("{{") || inventory === undefined) return [];
  const { hosts, faults } = matchHosts(text, inventory);
  const problems = faults
    .filter(({ kind, text: name }) => kind !== "unknown-name" || !(mayGrow || mayMiss.includes(name)))
    .map((fault) => ({
      ...explainFault(fault, inventory),
      place: placeWithin(place, 1, Math.max(0, fault.offset)),
    }));
  if (problems.length > 0 || hosts.length > 0 || mayGrow || faults.length > 0) return problems;
  const message = `\`${text}\` matches no host`;
  if (mustMatch) return [{ message, place, hint: knownNames(inventory) }];
  return [{ message, place, hint: "the play is skipped", severity: "warning" }];
}

/** A fault of a pattern in words, without its place. */
export function explainFault({ kind, text }: PatternFault, inventory: Inventory): Problem {
  if (kind === "bad-expression") {
    const hint = text.startsWith("~")
      ? "behind `~` stands a regular expression"
      : "`[…]` holds characters, or the number of a host: `web[0]`, `web[0:2]`";
    return { message: `\`${text}\` can't be read`, hint };
  }
  const known = [...inventory.groups.keys(), ...inventory.hosts.keys()];
  const hint = didYouMean(text, known) ?? `the groups are ${[...inventory.groups.keys()].join(", ")}`;
  return { message: `the inventory has no group or host \`${text}\``, hint };
}

function knownNames({ groups, hosts }: Inventory): string {
  return `the groups are ${[...groups.keys()].join(", ")}; the hosts are ${[...hosts.keys()].join(", ")}`;
}
