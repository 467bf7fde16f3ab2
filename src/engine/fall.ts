import type { Outcome } from "../contract/outcome.ts";
import type { Task } from "../language/model/task.ts";
import type { Fall, PlayRun } from "./play-run.ts";
import { isOver } from "./registered-value.ts";
import { shownFailure } from "./task-events.ts";
import { wordsFor } from "./words-for.ts";

/** The fall of a host by what became of a task there; undefined when it can go on. */
export function fallOf(
  run: PlayRun,
  task: Task,
  host: string,
  outcome: Outcome,
  { isHandler, turn }: Pick<Fall, "isHandler" | "turn">,
): Fall | undefined {
  if (!isOver(outcome) || !("failure" in outcome)) return undefined;
  if ("ignored" in outcome && outcome.ignored) return undefined;
  const words = wordsFor(run, task, host);
  const fatal = words.anyErrorsFatal ?? false;
  const failure = shownFailure(words, outcome.failure);
  return { how: "failed", task, outcome, failure, isHandler, fatal, turn };
}
