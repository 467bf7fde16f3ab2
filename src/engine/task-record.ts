import type { Outcome } from "../contract/outcome.ts";
import { addsToInventory } from "../language/growing-inventory.ts";
import type { Task } from "../language/model/task.ts";
import type { Fall, PlayRun } from "./play-run.ts";
import { isOver } from "./registered-value.ts";
import type { RunScope } from "./scope.ts";
import type { Turn } from "./stage-progress.ts";
import { nameOf } from "./task-events.ts";
import { wordsFor } from "./words-for.ts";

/** A task that had its turn. */
interface Had {
  readonly task: Task;
  readonly turn: Turn;
  /** A rescue may take its failure back. */
  readonly mayBeRescued: boolean;
}

/** What a host came to by it. */
interface Ended {
  readonly outcome: Outcome;
  readonly fall?: Fall | undefined;
  /** The handlers that were called. */
  readonly notified?: readonly string[] | undefined;
}

/**
 * Keeps for `--resume` how the task ended for the hosts of `audience`. What failed is not done, unless a rescue may take it
 * back: then the resumed run goes on with that.
 */
export function keepOnRecord(
  run: PlayRun,
  { task, turn, mayBeRescued }: Had,
  audience: readonly string[],
  { outcome, fall, notified }: Ended,
): void {
  const { progress, request } = run.scope;
  const mayGoOn = fall === undefined || (mayBeRescued && outcome.status === "failed");
  if (!mayGoOn || request.signal.aborted) return;
  const [host = ""] = audience;
  const hidden = wordsFor(run, task, host).noLog ?? false;
  const failed = fall === undefined ? undefined : outcome;
  for (const name of audience)
    progress.ended(turn, name, { status: outcome.status, notified, failed }, hidden);
}

/**
 * Tells the journal how a task ended. Only when its handlers stand in the journal is the outcome told there: an intent without one is looked at again, and
 * calls them. Nobody waits for the disk. What was broken off by hand may have been done: its intent stays open.
 */
export function noteOutcome({ record }: RunScope, { id }: Task, host: string, outcome: Outcome): void {
  const { status } = outcome;
  if ("failure" in outcome && outcome.failure.kind === "interrupted") return;
  const isPlain = status === "ok" || status === "skipped";
  if (isPlain && !record.isBegun(id, host)) return;
  record.note({ type: "task-outcome", task: id, host, status });
}

/** Where a task that ran again found something to do, or failed where it had not, the world is not what the record says. */
export function tellNews(
  { scope }: PlayRun,
  { task, turn }: Omit<Had, "mayBeRescued">,
  outcomes: readonly Outcome[],
): void {
  const had = [...turn.done.values()];
  if (had.length === 0) return;
  const failedBefore = had.some(({ status }) => status === "failed");
  const isNews = outcomes.some(
    (outcome) =>
      (outcome.status === "changed" && !addsToInventory(task)) ||
      (isOver(outcome) && !failedBefore) ||
      (failedBefore && !isOver(outcome)),
  );
  if (isNews) scope.progress.goOn(nameOf(task));
}
