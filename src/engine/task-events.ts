import { Failure } from "../contract/errors.ts";
import type { TaskReference } from "../contract/events.ts";
import type { JsonObject } from "../contract/json.ts";
import type { ApplyContext } from "../contract/module.ts";
import type { Outcome } from "../contract/outcome.ts";
import type { Block, Meta, Task } from "../language/model/task.ts";
import type { RunScope } from "./scope.ts";
import type { Settled } from "./settle-words.ts";

/** What one task on one host tells. */
export interface TaskEvents {
  /** Tells how an attempt or an item ended, and hands the outcome back. */
  finished(
    outcome: Outcome,
    at?: {
      readonly item?: string | undefined;
      readonly executor?: string;
      /** The arguments as they may be shown. */
      readonly args?: JsonObject;
    },
  ): Outcome;
  retry(attempt: number, retries: number): void;
  progress: ApplyContext["progress"];
}

type Named = Settled<Task> | Settled<Block> | Settled<Meta> | Task | Block | Meta;

/** Makes the teller of one task on one host. With `no_log` nothing of a result leaves the engine. */
export function taskEvents(scope: RunScope, task: Settled<Task> | Settled<Block>, host: string): TaskEvents {
  const reference = referenceOf(task);
  let startedAt = scope.now().getTime();
  return {
    finished(outcome, { item, executor = host, args } = {}) {
      const now = scope.now().getTime();
      const durationMs = now - startedAt;
      startedAt = now;
      const told = reference.noLog ? withoutResult(outcome) : outcome;
      const shownItem = reference.noLog && item !== undefined ? "(hidden)" : item;
      scope.emit({
        type: "task-finished",
        task: reference,
        host,
        item: shownItem,
        delegate: executor === host ? undefined : executor,
        outcome: told,
        ...("failure" in told && !reference.noLog ? { args } : {}),
        durationMs,
      });
      return outcome;
    },
    retry: (attempt, retries) => scope.emit({ type: "task-retry", task: reference, host, attempt, retries }),
    progress(progress) {
      if (!reference.noLog) scope.emit({ type: "task-progress", task: reference, host, progress });
    },
  };
}

/** Names a task in events. */
export function referenceOf(task: Settled<Task> | Settled<Block>): TaskReference {
  return {
    id: idOf(task),
    name: nameOf(task),
    module: moduleOf(task),
    role: task.role?.name,
    ...(task.kind === "task" && task.chain !== undefined ? { chain: task.chain } : {}),
    place: task.place,
    noLog: task.noLog ?? false,
    ...(task.diff === undefined ? {} : { diff: task.diff }),
  };
}

/** What a task is called where it has no name: after its module, or what it tells the engine. */
export function nameOf(task: Named): string {
  return task.name ?? (task.kind === "meta" ? `meta ${task.action}` : moduleOf(task));
}

/** What a task is called, behind the role that it belongs to. */
export function labelOf(task: Named): string {
  return task.role === undefined ? nameOf(task) : `${task.role.name}: ${nameOf(task)}`;
}

/** The word that says what a task does: its module, or what stands for one. */
export function moduleOf(task: Named): string {
  if (task.kind === "task") return task.module;
  return task.kind === "meta" ? "meta" : (task.gate?.word ?? "block");
}

function idOf(task: Settled<Task> | Settled<Block>): string {
  return task.kind === "block" ? (task.gate?.id ?? "") : task.id;
}

/** The failure as it may be told: with `no_log` only its kind and its place. */
export function shownFailure(task: Pick<Settled<Task>, "noLog">, failure: Failure): Failure {
  return task.noLog ? hidden(failure) : failure;
}

function hidden({ kind, host, place }: Failure): Failure {
  return new Failure(kind, "the output is hidden by no_log", { host, place });
}

function withoutResult(outcome: Outcome): Outcome {
  if (outcome.status === "changed")
    return { ...outcome, result: {}, summary: "(hidden by no_log)", diff: undefined };
  if (outcome.status === "failed" || outcome.status === "unknown" || outcome.status === "unreachable") {
    return { ...outcome, result: {}, failure: hidden(outcome.failure) };
  }
  return { ...outcome, result: {}, ...(outcome.status === "ok" ? { message: undefined } : {}) };
}
