import { BadInput, Failure } from "../contract/errors.ts";
import type { Variables } from "../contract/host.ts";
import { renderValue } from "../expression/template.ts";
import { checkHostPattern, explainFault } from "../language/checks/check-hosts.ts";
import { growsInventory } from "../language/growing-inventory.ts";
import { matchHosts } from "../language/inventory/host-pattern.ts";
import type { Inventory } from "../language/model/inventory.ts";
import type { Play, Playbook, Stage } from "../language/model/playbook.ts";
import { inOrder } from "./host-order.ts";

/** A play with its hosts, as planned. */
export interface PlannedPlay {
  readonly play: Play;
  readonly hosts: readonly string[];
  /** The play's own pattern matches nothing; `--limit` has no part in it. */
  readonly isUnmatched: boolean;
}

/** Finds a stage by its name. Throws BadInput that lists the stages. */
export function stageOf(playbook: Playbook, name: string): Stage {
  const stage = playbook.stages.find((candidate) => candidate.name === name);
  if (stage !== undefined) return stage;
  throw new Failure("bad-input", `${playbook.file} has no stage "${name}"`, {
    next: `Its stages are: ${playbook.stages.map((candidate) => candidate.name).join(", ")}.`,
  });
}

/** What the hosts of plays are looked up with. */
export interface PlanSources {
  readonly inventory: Inventory;
  /** For templates in a play's `hosts:`. */
  readonly variablesOf: (play: Play) => Variables;
  readonly limit?: string | undefined;
  /** The plays before may add hosts to the inventory: names that are not there (yet) match nothing, as in Ansible. */
  readonly mayGrow?: boolean | undefined;
  /** A pattern that matches nothing is an error, not a play that is skipped. */
  readonly mustMatch?: boolean | undefined;
}

/** The plays of a stage with their hosts, in order. Throws BadInput for a pattern that can't be. */
export function planPlays(plays: readonly Play[], sources: Omit<PlanSources, "mayGrow">): PlannedPlay[] {
  const all = { ...sources, mayGrow: growsInventory(plays) };
  requireLimit(sources.limit, all);
  return plays.map((play) => planPlay(play, all));
}

/** One play with its hosts, as the inventory is now. */
export function planPlay(play: Play, sources: PlanSources): PlannedPlay {
  const { inventory, variablesOf, limit, mayGrow = false, mustMatch = false } = sources;
  const text = String(renderValue(play.hosts.text, variablesOf(play), play.hosts.place));
  const problems = checkHostPattern({ text, place: play.hosts.place }, inventory, { mayGrow, mustMatch });
  if (problems.some(({ severity }) => severity !== "warning")) throw new BadInput(problems);
  const { hosts } = matchHosts(text, inventory);
  const allowed = limit === undefined ? undefined : new Set(matchHosts(limit, inventory).hosts);
  const limited = allowed === undefined ? hosts : hosts.filter((host) => allowed.has(host));
  return { play, hosts: inOrder(limited, play.order), isUnmatched: hosts.length === 0 };
}

/** A `--limit` with a slip in it would make a run of nothing, which looks like a success. */
export function requireLimit(
  limit: string | undefined,
  { inventory, mayGrow = false }: Pick<PlanSources, "inventory" | "mayGrow">,
): void {
  if (limit === undefined) return;
  const { hosts, faults } = matchHosts(limit, inventory);
  const wrong = faults.filter(({ kind }) => kind !== "unknown-name" || !mayGrow);
  const problems = wrong.map((fault) => explainFault(fault, inventory));
  if (problems.length === 0 && hosts.length === 0 && !mayGrow) {
    const hint = `the hosts are ${[...inventory.hosts.keys()].join(", ")}`;
    problems.push({ message: `\`${limit}\` matches no host`, hint });
  }
  if (problems.length === 0) return;
  throw new BadInput(problems.map((problem) => ({ ...problem, message: `--limit: ${problem.message}` })));
}
