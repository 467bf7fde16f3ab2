import { Failure } from "../contract/errors.ts";
import type { TaskReference } from "../contract/events.ts";
import type { ApplyContext } from "../contract/module.ts";
import type { Outcome } from "../contract/outcome.ts";
import type { Task } from "../language/model.ts";
import type { RunScope } from "./scope.ts";

/** What one task on one host tells. */
export interface TaskEvents {
  /** Tells how an attempt or an item ended, and hands the outcome back. */
  finished(
    outcome: Outcome,
    at?: { readonly item?: string | undefined; readonly executor?: string },
  ): Outcome;
  retry(attempt: number): void;
  progress: ApplyContext["progress"];
}

/** Makes the teller of one task on one host. With `no_log` nothing of a result leaves the engine. */
export function taskEvents(scope: RunScope, task: Task, host: string): TaskEvents {
  const reference = referenceOf(task);
  let startedAt = scope.now().getTime();
  return {
    finished(outcome, { item, executor = host } = {}) {
      const now = scope.now().getTime();
      const durationMs = now - startedAt;
      startedAt = now;
      if (outcome.status !== "skipped" && outcome.status !== "ok") {
        scope.record.add({ type: "task-outcome", task: task.id, host, status: outcome.status });
      }
      const told = reference.noLog ? withoutResult(outcome) : outcome;
      const shownItem = reference.noLog && item !== undefined ? "(hidden)" : item;
      scope.emit({
        type: "task-finished",
        task: reference,
        host,
        item: shownItem,
        delegate: executor === host ? undefined : executor,
        outcome: told,
        durationMs,
      });
      return outcome;
    },
    retry: (attempt) =>
      scope.emit({ type: "task-retry", task: reference, host, attempt, retries: task.retries }),
    progress: (progress) => scope.emit({ type: "task-progress", task: reference, host, progress }),
  };
}

/** Names a task in events. */
export function referenceOf(task: Task): TaskReference {
  return {
    id: task.id,
    name: task.name ?? task.module,
    module: task.module,
    role: task.role?.name,
    place: task.place,
    noLog: task.noLog ?? false,
  };
}

function withoutResult(outcome: Outcome): Outcome {
  if (outcome.status === "changed")
    return { ...outcome, result: {}, summary: "(hidden by no_log)", diff: undefined };
  if (outcome.status === "failed" || outcome.status === "unknown" || outcome.status === "unreachable") {
    const { kind, host, place } = outcome.failure;
    return {
      ...outcome,
      result: {},
      failure: new Failure(kind, "the output is hidden by no_log", { host, place }),
    };
  }
  return { ...outcome, result: {}, ...(outcome.status === "ok" ? { message: undefined } : {}) };
}
