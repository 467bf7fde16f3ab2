import { BadInput, type Failure } from "../contract/errors.ts";
import { checkVariablesOfHost } from "../language/checks/check-playbook-variables.ts";
import { growsInventory } from "../language/growing-inventory.ts";
import type { Play, Stage } from "../language/model/playbook.ts";
import { sortProblems } from "../language/problems.ts";
import { settleAsyncJobs } from "./open-jobs.ts";
import { planPlay, planPlays } from "./plan.ts";
import { runPlay } from "./play.ts";
import { failuresOf, firstFallOf, type Progression, startProgression } from "./progression.ts";
import type { RunResult } from "./request.ts";
import type { RunScope } from "./scope.ts";

/**
 * Runs plays of a stage one after the other, as long as each leaves the next enough to build on, and closes the data links
 * that they opened.
 */
export async function runPlays(scope: RunScope, stage: Stage, plays: readonly Play[]): Promise<RunResult> {
  const { request } = scope;
  const progression = startProgression();
  const sources = {
    variablesOf: (play: Play) => scope.variables.forPlay(play),
    limit: request.limit,
    mustMatch: !stage.isPlainList,
  };
  const mayGrow = growsInventory(plays);
  let openLinks: readonly Failure[] = [];
  try {
    // A slip in the last play's hosts is told before the first play begins.
    const all = planPlays(plays, { ...sources, inventory: request.inventory });
    requireVariables(scope, new Set(all.flatMap(({ hosts }) => hosts)));
    for (const play of plays) {
      if (request.stopping.aborted) break;
      const planned = planPlay(play, { ...sources, inventory: scope.inventory.current(), mayGrow });
      if (planned.isUnmatched) tellUnmatched(scope, play);
      const over = await runPlay(scope, planned, progression);
      if (over === "run" || lostTooMuch(scope, stage, progression)) break;
    }
  } finally {
    if (!request.checkMode) openLinks = await closeLinks(scope);
  }
  const { tallies } = progression;
  const failures = [...failuresOf(progression)];
  const isOver = failures.length === 0 && !request.signal.aborted && !request.stopping.aborted;
  // What the stage left on the hosts goes before it is done. What failed before that is the news.
  if (isOver && !request.checkMode) failures.push(...openLinks, ...(await settleAsyncJobs(scope)));
  // What was broken off by hand did not fail: it goes on when the stage is run again.
  if (request.signal.aborted) return { result: "interrupted", failures, tallies };
  if (failures.length > 0) return { result: "failed", failures, failedAt: firstFallOf(progression), tallies };
  return { result: request.stopping.aborted ? "interrupted" : "done", failures, tallies };
}

/** Nothing is begun with variables that the playbook's `vars_schema` refuses. */
function requireVariables({ request, variables }: RunScope, hosts: ReadonlySet<string>): void {
  const problems = [...hosts].flatMap((host) =>
    checkVariablesOfHost(request.playbook, variables.forStage(host)),
  );
  if (problems.length > 0) throw new BadInput(sortProblems(problems));
}

function tellUnmatched(scope: RunScope, play: Play): void {
  scope.emit({
    type: "notice",
    text: `no host matches \`${play.hosts.text}\`: skipping the play ${play.name}`,
  });
}

/**
 * A later play builds on an earlier one: with a side of the migration gone there is no going on. In a list of plays the
 * hosts that are neither old nor new drop out alone, as in Ansible.
 */
function lostTooMuch({ inventory }: RunScope, stage: Stage, { lost }: Progression): boolean {
  if (!stage.isPlainList) return lost.size > 0;
  const sides = ["old", "new"].flatMap((side) => inventory.current().groups.get(side) ?? []);
  return sides.some((host) => lost.has(host));
}

async function closeLinks(scope: RunScope): Promise<readonly Failure[]> {
  const failures = await scope.links().close();
  for (const { host, message, next } of failures) {
    scope.emit({ type: "notice", host, text: [message, next].filter(Boolean).join(". ") });
  }
  return failures;
}
