import { quoteArgv } from "../contract/shell-words.ts";
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

/** Says which command comes next in a migration. */
export function nextStep(playbook: Playbook, state: MigrationState, given: GivenWords, now: Date): NextStep {
  const run = (stage: string) => commandLine("run", stage, given);
  const runAgain = (stage: string) =>
    commandLine("run", stage, { ...given, more: [...(given.more ?? []), ...(given.again ?? [])] });
  const { unfinishedStage, unfinishedRollback } = state;
  if (unfinishedRollback !== undefined) {
    return {
      command: commandLine("rollback", unfinishedRollback, given),
      reason: `the rollback of stage ${unfinishedRollback} was cut short; running it again goes on from there`,
    };
  }
  if (unfinishedStage !== undefined) {
    return {
      command: runAgain(unfinishedStage),
      reason: `stage ${unfinishedStage} was cut short; running it again goes on from there (--resume leaves out what is done)`,
    };
  }
  const back = playbook.stages.find(({ undoes }) => undoes.length > 0);
  if (back !== undefined && state.latches["new-frozen"] !== undefined) {
    const isTurned = state.latches["new-opened"] === undefined;
    return {
      command: run(back.name),
      reason: "new is frozen, and the way back did not come to its end; running it again goes on from there",
      otherwise:
        isTurned || back.rollback.length === 0 ? undefined : commandLine("rollback", back.name, given),
    };
  }
  const open = playbook.stages.find(
    ({ name, undoes }) => undoes.length === 0 && state.stages[name]?.doneAt === undefined,
  );
  if (open === undefined) return { reason: "every stage is done" };
  const stale = open.requires.find((requirement) => !isMet(requirement, state, now));
  if (stale !== undefined) return { command: run(stale.stage), reason: whyAgain(open, stale, state, now) };
  const stage = state.stages[open.name];
  if (stage?.failedAt !== undefined) {
    return {
      command: runAgain(open.name),
      reason: `stage ${open.name} failed; mend the cause, then run it again (--resume leaves out what is done)`,
      otherwise: mayRollBack(open, state) ? commandLine("rollback", open.name, given) : undefined,
    };
  }
  return { command: run(open.name), reason: open.description ?? `stage ${open.name} has not been run` };
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

/** A stage can be rolled back until the new server has been opened. */
function mayRollBack(stage: Stage, state: MigrationState): boolean {
  return stage.rollback.length > 0 && state.latches["new-opened"] === undefined;
}

function isMet({ stage, withinSeconds }: Requirement, state: MigrationState, now: Date): boolean {
  const doneAt = state.stages[stage]?.doneAt;
  if (doneAt === undefined) return false;
  // Once old is frozen the stage under way must go on, however old the copy is.
  if (withinSeconds === undefined || state.latches["old-frozen"] !== undefined) return true;
  return now.getTime() - Date.parse(doneAt) <= withinSeconds * 1000;
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
