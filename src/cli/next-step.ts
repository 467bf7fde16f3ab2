import { quoteArgv } from "../contract/shell-words.ts";
import { type Standing, thaws } from "../engine/gates.ts";
import { mayBegin } from "../engine/may-begin.ts";
import type { MigrationState } from "../engine/state.ts";
import type { Playbook, Requirement, Stage } from "../language/model/playbook.ts";
import { formatDuration } from "../report/format.ts";
import type { Line } from "../report/line.ts";

/** What to type next, and why. */
export interface NextStep {
  /** undefined: there is nothing left to do. */
  readonly command?: string | undefined;
  readonly reason: string;
  /** What could be done in its place. */
  readonly otherwise?: string | undefined;
}

/** The words that every command on this migration has, as the person gave them. */
export interface GivenWords {
  readonly playbook: string;
  readonly inventory: readonly string[];
  readonly stateDir?: string | undefined;
  readonly domains?: readonly string[] | undefined;
  /** More words of `run`: `-e`, `--answers`. */
  readonly more?: readonly string[] | undefined;
  /** Words that only the same stage is run with again: `--limit`, `--tags` and their like. */
  readonly again?: readonly string[] | undefined;
}

/** Says which command comes next in a migration: one that is not refused where it stands. */
export function nextStep(playbook: Playbook, state: MigrationState, given: GivenWords, now: Date): NextStep {
  const standing = { playbook, state, now };
  return cutShort(standing, given) ?? wayBackUnderWay(standing, given) ?? forward(standing, given);
}

/**
 * The next step where a run was killed: it may have left its locks on the hosts, and the next one takes them off. Where every stage is
 * done there would be none.
 */
export function nextAfterKill(next: NextStep, { stages }: Playbook, given: GivenWords): NextStep {
  const last = stages.findLast(({ undoes }) => undoes.length === 0);
  if (next.command !== undefined || last === undefined) return next;
  return {
    command: commandLine("run", last.name, given),
    reason: `${next.reason}, but a run was killed and may have left its locks on the hosts; this one takes them off`,
  };
}

/** What was begun and came to no end goes on, unless another controller went another way meanwhile. */
function cutShort(standing: Standing, given: GivenWords): NextStep | undefined {
  const { unfinishedStage, unfinishedRollback } = standing.state;
  const rolling = stageOf(standing, unfinishedRollback);
  if (rolling !== undefined && mayBegin("rollback", rolling, standing)) {
    return {
      command: commandLine("rollback", rolling.name, given),
      reason: `the rollback of stage ${rolling.name} was cut short; running it again goes on from there`,
    };
  }
  const running = stageOf(standing, unfinishedStage);
  if (running === undefined || !mayBegin("run", running, standing)) return undefined;
  return {
    command: runAgain(running.name, given),
    reason: `stage ${running.name} was cut short; running it again goes on from there (--resume leaves out what is done)${wordsOfGiven(running, standing, given)}`,
  };
}

/** New is frozen, or old is the one that counts again: there is nothing else to do before that is at its end. */
function wayBackUnderWay(standing: Standing, given: GivenWords): NextStep | undefined {
  const { playbook, state } = standing;
  const { "new-opened": opened, "new-frozen": frozen } = state.latches;
  const back = playbook.stages.find(({ undoes }) => undoes.length > 0);
  if (back === undefined) return undefined;
  const hasFailed = state.stages[back.name]?.failedAt !== undefined;
  if (frozen === undefined && !(hasFailed && opened === undefined)) return undefined;
  const what = frozen === undefined ? "new goes back" : "new is frozen";
  return {
    command: commandLine("run", back.name, given),
    reason: `${what}, and the way back did not come to its end; running it again goes on from there`,
    otherwise: mayBegin("rollback", back, standing) ? commandLine("rollback", back.name, given) : undefined,
  };
}

function forward(standing: Standing, given: GivenWords): NextStep {
  const { state, now } = standing;
  const open = openStages(standing).find(({ name }) => state.stages[name]?.doneAt === undefined);
  if (open === undefined) return { reason: "every stage is done" };
  const wanted = unmetRequirement(open, standing);
  if (wanted !== undefined) {
    return { command: commandLine("run", wanted.stage, given), reason: whyAgain(open, wanted, state, now) };
  }
  if (state.stages[open.name]?.failedAt === undefined) {
    return {
      command: commandLine("run", open.name, given),
      reason: open.description ?? `stage ${open.name} has not been run`,
    };
  }
  const returning = open.rollback.length === 0 ? undefined : stageToRollBack(open, standing);
  return {
    command: runAgain(open.name, given),
    reason: `stage ${open.name} failed; mend the cause, then run it again (--resume leaves out what is done)${wordsOfGiven(open, standing, given)}`,
    otherwise: returning === undefined ? undefined : commandLine("rollback", returning.name, given),
  };
}

/** The stages that lead forward. Once new was opened that begins with the one that opened it: what led there can't be done again. */
function openStages({ playbook, state }: Standing): readonly Stage[] {
  const stages = playbook.stages.filter(({ undoes }) => undoes.length === 0);
  const opening = stages.findIndex(({ confirm }) => confirm !== undefined);
  return state.latches["new-opened"] === undefined || opening < 0 ? stages : stages.slice(opening);
}

/** The first thing that the stage still needs, or that what it needs does. */
function unmetRequirement(stage: Stage, standing: Standing): Requirement | undefined {
  if (mayBegin("run", stage, standing)) return undefined;
  for (const requirement of stage.requires) {
    if (isMet(requirement, stage, standing)) continue;
    const needed = stageOf(standing, requirement.stage);
    return (needed && unmetRequirement(needed, standing)) ?? requirement;
  }
  return undefined;
}

/** The failed stage itself, or the one that froze old, which goes back first. */
function stageToRollBack(failed: Stage, standing: Standing): Stage | undefined {
  return [failed, ...standing.playbook.stages.filter(thaws)].find((stage) =>
    mayBegin("rollback", stage, standing),
  );
}

/** What `status` can't know: the values that the stage was begun with. Without them it may end as another one. */
function wordsOfGiven({ name }: Stage, { state }: Standing, { more = [] }: GivenWords): string {
  const names = state.stages[name]?.extraVariables ?? [];
  if (names.length === 0 || more.includes("-e")) return "";
  return `; it was begun with ${names.map((each) => `-e ${each}=…`).join(" ")}: give the same again`;
}

function stageOf({ playbook }: Standing, name: string | undefined): Stage | undefined {
  return name === undefined ? undefined : playbook.stages.find((stage) => stage.name === name);
}

/** A stage is run again with the hosts and tasks that it was for. */
function runAgain(stage: string, given: GivenWords): string {
  return commandLine("run", stage, { ...given, more: [...(given.more ?? []), ...(given.again ?? [])] });
}

/** The next step in lines; the command stands alone on its line, to be copied. */
export function nextStepLines({ command, reason, otherwise }: NextStep): Line[] {
  if (command === undefined) return [{ tone: "ok", text: `next: nothing, ${reason}`, hangingIndent: 6 }];
  return [
    { tone: "strong", text: `next: ${command}` },
    { tone: "faint", text: `      ${reason}`, hangingIndent: 6 },
    ...(otherwise === undefined ? [] : [{ tone: "plain", text: `or:   ${otherwise}` } as const]),
  ];
}

/** A command of Mailferry on a stage of this migration, quoted for a shell. */
function commandLine(
  command: "run" | "rollback" | "status",
  stage: string | undefined,
  given: GivenWords,
): string {
  return quoteArgv([
    "mailferry",
    command,
    given.playbook,
    ...given.inventory.flatMap((file) => ["-i", file]),
    ...(stage === undefined ? [] : ["--stage", stage]),
    ...(given.stateDir === undefined ? [] : ["--state-dir", given.stateDir]),
    ...(given.domains === undefined ? [] : ["--domains", given.domains.join(",")]),
    ...(command === "status" ? [] : (given.more ?? [])),
  ]);
}

function isMet(requirement: Requirement, stage: Stage, standing: Standing): boolean {
  return mayBegin("run", { ...stage, requires: [requirement] }, standing);
}

function whyAgain(
  open: Stage,
  { stage, withinSeconds }: Requirement,
  state: MigrationState,
  now: Date,
): string {
  const doneAt = state.stages[stage]?.doneAt;
  if (doneAt === undefined || withinSeconds === undefined) return `stage ${open.name} needs it first`;
  const age = formatDuration((now.getTime() - Date.parse(doneAt)) / 1000);
  return `stage ${open.name} wants it done within ${formatDuration(withinSeconds)}, and that was ${age} ago`;
}
