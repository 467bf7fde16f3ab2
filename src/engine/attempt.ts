import type { Change } from "../contract/change.ts";
import { Failure, OutcomeUnknown, type Place, Unreachable } from "../contract/errors.ts";
import type { HostReader } from "../contract/host.ts";
import type { Json, JsonObject } from "../contract/json.ts";
import type { ChangingModule, TaskModule } from "../contract/module.ts";
import type { Outcome } from "../contract/outcome.ts";
import { contextFor, type TaskAt } from "./context.ts";
import type { ConnectedHost } from "./hosts.ts";
import { bindJobs } from "./job-binding.ts";
import type { RunScope } from "./scope.ts";

/** How often a change whose outcome is unknown is looked at again before the task gives up. */
const probesAfterLoss = 3;

/** Runs a module once on one host. Every failure that is expected becomes an outcome. */
export async function attempt(
  scope: RunScope,
  at: TaskAt,
  module: TaskModule,
  args: JsonObject,
  host: ConnectedHost,
): Promise<{ outcome: Outcome; variables?: JsonObject | undefined }> {
  try {
    if (module.kind === "change") return { outcome: await change(scope, at, module, args, host) };
    const seen = await look(() => module.look(args, host, contextFor(scope, at)));
    const outcome: Outcome = { status: "ok", result: seen.result ?? {}, message: seen.message };
    return { outcome, variables: seen.variables };
  } catch (error) {
    return { outcome: outcomeOf(error, at) };
  }
}

async function change(
  scope: RunScope,
  at: TaskAt,
  module: ChangingModule<unknown, Change>,
  args: JsonObject,
  host: ConnectedHost,
): Promise<Outcome> {
  const context = contextFor(scope, at);
  const check = (reader: HostReader) => look(() => module.check(args, reader, context));
  let found = await check(host);
  if (found === undefined) return { status: "ok", result: {} };
  if (appliesNothing(scope, at)) return foreseen(found);

  for (let probe = 1; ; probe++) {
    scope.record.add({ type: "task-intent", task: at.task.id, host: host.name, summary: found.summary });
    try {
      const applied = await module.apply(found, bindJobs(scope, host, at.task.id, at.signal), context);
      const result = applied.result ?? {};
      if (applied.unchanged) return { status: "ok", result };
      return { status: "changed", result, summary: found.summary, diff: found.diff };
    } catch (error) {
      // Rule 3: no exit code means unknown. What can be looked at is looked at; the rest stays unknown.
      if (!(error instanceof OutcomeUnknown) || module.preview === "unknown" || probe > probesAfterLoss)
        throw error;
      scope.emit({ type: "notice", host: host.name, text: `${error.message}; looking at what was done` });
      const summary = found.summary;
      found = await check(host);
      if (found === undefined) return { status: "changed", result: {}, summary };
    }
  }
}

/** Looking changes nothing: after a lost link it is simply done again, once. */
async function look<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof OutcomeUnknown) return work();
    throw error;
  }
}

function appliesNothing(scope: RunScope, at: TaskAt): boolean {
  return at.task.checkMode ?? scope.request.checkMode;
}

function foreseen(found: Change): Outcome {
  return { status: "changed", result: {}, summary: found.summary, diff: found.diff, foreseen: true };
}

/** The outcome that an error stands for. An error that nobody expected is a failure with its cause kept. */
export function outcomeOf(
  error: unknown,
  at: { readonly host: string; readonly task: TaskAt["task"] },
): Outcome {
  const failure = failureOf(error, at);
  if (error instanceof OutcomeUnknown) return { status: "unknown", failure, result: {} };
  if (error instanceof Unreachable) return { status: "unreachable", failure, result: {} };
  return { status: "failed", failure, result: resultOf(error) };
}

/** The failure that an error stands for. One that nobody expected keeps its cause. */
export function failureOf(
  error: unknown,
  at: { readonly host: string; readonly task: { readonly place: Place } },
): Failure {
  if (error instanceof Failure) return error;
  if (error instanceof Error && error.name === "AbortError") {
    return new Failure("interrupted", "it was interrupted", {
      host: at.host,
      place: at.task.place,
      cause: error,
    });
  }
  const message = error instanceof Error ? error.message : String(error);
  return new Failure("task-failed", message, { host: at.host, place: at.task.place, cause: error });
}

function resultOf(error: unknown): JsonObject {
  const facts: Record<string, Json> = { msg: error instanceof Error ? error.message : String(error) };
  for (const key of ["stdout", "stderr"] as const) {
    const text = (error as Partial<Record<typeof key, unknown>>)[key];
    if (typeof text !== "string") continue;
    facts[key] = text.trimEnd();
    facts[`${key}_lines`] = text.trimEnd() === "" ? [] : text.trimEnd().split("\n");
  }
  const code = (error as { exitCode?: unknown }).exitCode;
  if (typeof code === "number") facts.rc = code;
  return facts;
}
