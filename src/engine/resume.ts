import { dirname, join, relative } from "node:path";
import { Refused } from "../contract/errors.ts";
import { quoteArgv } from "../contract/shell-words.ts";
import type { Stage } from "../language/model/playbook.ts";
import { type DoneBefore, type MeantTasks, readDone } from "./done-tasks.ts";
import { copiesFile, copyInputs, diffsOf, readCopies } from "./input-copies.ts";
import type { RunRequest } from "./request.ts";
import { differencesOf, readInputs } from "./run-inputs.ts";
import type { MigrationState } from "./state.ts";

/** The file of a run that tells what it had done of its stage. */
export const doneFile = "done.jsonl";

/**
 * What `--resume` goes on from. Throws Refused when the stage was not broken off, when nobody knows how far it had
 * come, or when the files or the extra variables it was made from are not what they were.
 */
export function findBrokenOff(request: RunRequest, stage: Stage, state: MigrationState): DoneBefore {
  const run = requireBrokenOff(stage, state);
  const before = readDone(join(request.stateDirectory, "runs", run, doneFile));
  if (before === undefined || before.heading.stage !== stage.name) {
    throw nothingToResume(stage, `what run ${run} had done of stage ${stage.name} is not on record`);
  }
  requireSameTasks(request, stage, before);
  requireSameInputs(request, stage, before, join(request.stateDirectory, "runs", run, copiesFile));
  return before;
}

/** Gives back the run that was broken off. Throws Refused when none was, or when it is not what the stage goes on from. */
export function requireBrokenOff(stage: Stage, state: MigrationState): string {
  const { run } = state.stages[stage.name] ?? {};
  const closed = whyClosed(stage, state);
  if (closed === undefined && run !== undefined) return run;
  throw nothingToResume(
    stage,
    `there is nothing to resume: stage ${stage.name} ${closed ?? "was not begun"}`,
  );
}

function requireSameInputs(request: RunRequest, stage: Stage, { heading }: DoneBefore, copies: string): void {
  const { playbook, inventory, holdsSecret } = request;
  const now = readInputs(request, heading.inputs.salt);
  const directory = dirname(playbook.file);
  const changes = differencesOf(heading.inputs, now, directory);
  if (changes.length === 0) return;
  const texts = { before: readCopies(copies), now: copyInputs(now, inventory, holdsSecret) };
  throw new Refused(
    `stage ${stage.name} can't be resumed, since what it was made from is not what it was:\n${changes.join("\n")}`,
    {
      place: stage.place,
      next: "Run it without --resume: its tasks look first and do what is left.",
      diffs: diffsOf(heading.inputs, now, texts, (path) => relative(directory, path)),
    },
  );
}

/** Which tasks the command line means. */
export function meantBy({ tags, skipTags = [], startAtTask }: RunRequest): MeantTasks {
  return { tags, skipTags, startAtTask };
}

/** With other tasks meant, the first that is not done would be another one. */
function requireSameTasks(request: RunRequest, stage: Stage, { heading }: DoneBefore): void {
  const before = wordsOf(heading.meant);
  if (before === wordsOf(meantBy(request))) return;
  throw new Refused(
    `stage ${stage.name} can't be resumed with other tasks than it was begun with: that was ${before || "all of them"}`,
    {
      place: stage.place,
      next: `Resume it with ${before || "none of --tags, --skip-tags and --start-at-task"}.`,
    },
  );
}

function wordsOf({ tags, skipTags, startAtTask }: MeantTasks): string {
  const words = [
    ...(tags.length === 0 ? [] : ["--tags", tags.toSorted().join(",")]),
    ...(skipTags.length === 0 ? [] : ["--skip-tags", skipTags.toSorted().join(",")]),
    ...(startAtTask === undefined ? [] : ["--start-at-task", startAtTask]),
  ];
  return quoteArgv(words);
}

/** Why the stage's last run is nothing to go on from; undefined when it is. */
function whyClosed({ name }: Stage, state: MigrationState): string | undefined {
  const { startedAt, doneAt, failedAt, rolledBackAt } = state.stages[name] ?? {};
  if (rolledBackAt !== undefined || state.unfinishedRollback !== undefined) return "was rolled back";
  if (startedAt === undefined) return "was not begun";
  if (doneAt !== undefined && state.unfinishedStage !== name) return "is done";
  if (state.unfinishedStage !== name && failedAt === undefined) return "came to its end";
  const [later] = Object.entries(state.stages).filter(([, other]) => (other.startedAt ?? "") > startedAt);
  return later === undefined ? undefined : `was followed by stage ${later[0]}`;
}

function nothingToResume(stage: Stage, message: string): Refused {
  return new Refused(message, { place: stage.place, next: "Run it without --resume." });
}
