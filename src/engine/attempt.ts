import type { Change, Look } from "../contract/change.ts";
import { Failure, OutcomeUnknown, type Place, Unreachable } from "../contract/errors.ts";
import type { HostReader } from "../contract/host.ts";
import type { Json, JsonObject } from "../contract/json.ts";
import type { ChangingModule, TaskModule } from "../contract/module.ts";
import type { Outcome } from "../contract/outcome.ts";
import { addToInventory } from "./add-to-inventory.ts";
import { applyAsJob, isAsync } from "./apply-as-job.ts";
import { contextFor, type TaskAt } from "./context.ts";
import { guardMail } from "./guard-mail.ts";
import type { ConnectedHost } from "./hosts.ts";
import { bindJobs } from "./job-binding.ts";
import type { JournalFact } from "./journal.ts";
import type { RunScope } from "./scope.ts";

/** How often a change whose outcome is unknown is looked at again before the task gives up. */
const probesAfterLoss = 3;

/** What a module found out that outlasts its task. */
export type Found = Pick<Look, "variables" | "facts" | "included">;

/** Runs a module once on one host. Every failure that is expected becomes an outcome. */
export async function attempt(
  scope: RunScope,
  at: TaskAt,
  module: TaskModule,
  args: JsonObject,
  host: ConnectedHost,
): Promise<{ outcome: Outcome; found?: Found | undefined }> {
  try {
    if (module.kind === "change") return { outcome: await change(scope, at, module, args, host) };
    const seen = await look(() => module.look(args, host, contextFor(scope, at)));
    if (seen.proof !== undefined) scope.record.add({ type: "proof-passed", ...seen.proof });
    const outcome: Outcome = { status: "ok", result: seen.result ?? {}, message: seen.message };
    if (seen.inventory === undefined) return { outcome, found: seen };
    return { outcome: await addToInventory(scope, at, seen.inventory, outcome) };
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
  const isCheck = appliesNothing(scope, at);
  const context = { ...contextFor(scope, at), checkMode: isCheck };
  const check = (reader: HostReader) => look(() => module.check(args, reader, context));
  const guard = (wanted: Change) =>
    look(() => guardMail(scope, at, host, () => module.touches(wanted, host)));
  const { record } = scope;
  const begun = record.takeOpenIntent(at.task.id, at.host);
  let found = await check(host);
  const current = async (wanted?: Change): Promise<JsonObject> =>
    isResultRead(at) ? look(async () => (await module.current?.(args, host, context, wanted)) ?? {}) : {};
  // The run that was broken off did it and could not say so: whom it calls is still to be called.
  if (found === undefined && begun !== undefined) {
    return {
      status: "changed",
      result: await current(),
      summary: `${begun} (by the run that was broken off)`,
    };
  }
  if (found === undefined) return { status: "ok", result: await current() };
  await guard(found);
  if (isCheck) return foreseen(module, found, await current(found));
  if (found.copies !== undefined) record.add({ type: "mail-copied", ...found.copies });
  if (found.merges !== undefined) record.add({ type: "mail-merged", ...found.merges });

  for (let probe = 1; ; probe++) {
    await record.commit(intentOf(scope, at, found, host));
    try {
      const applied = isAsync(at)
        ? await applyAsJob(scope, at, { module, found, host, context })
        : await module.apply(found, bindJobs(scope, host, at.task.id, at.signal), context);
      const result = { ...found.result, ...(await current(found)), ...applied.result };
      if (applied.unchanged) return { status: "ok", result };
      return { status: "changed", result, summary: found.summary, diff: found.diff };
    } catch (error) {
      // Rule 3: no exit code means unknown. What can be looked at is looked at; the rest stays unknown.
      if (!(error instanceof OutcomeUnknown) || module.preview === "unknown" || probe > probesAfterLoss)
        throw error;
      scope.emit({ type: "notice", host: host.name, text: `${error.message}; looking at what was done` });
      const lost = found;
      found = await check(host);
      if (found === undefined)
        return { status: "changed", result: await current(lost), summary: lost.summary };
      await guard(found);
    }
  }
}

/** The journal is kept: what no_log hides, and what holds a secret, stays out of it. */
function intentOf(
  { request }: RunScope,
  { task, host }: TaskAt,
  { summary }: Change,
  { name }: ConnectedHost,
): JournalFact {
  const isHidden = task.noLog || request.holdsSecret?.(summary);
  const shown = isHidden ? `${task.module} (hidden)` : summary;
  const whose = name === host ? {} : { for: host };
  return { type: "task-intent", task: task.id, host: name, ...whose, summary: shown };
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

/**
 * A check run takes no lock and asks for no confirmation: in a stage that stops servers `check_mode: false` is for what
 * its author says changes nothing, and for nothing else.
 */
function appliesNothing({ request, stopsServers }: RunScope, { task }: TaskAt): boolean {
  const { checkMode = request.checkMode, changedWhen = [] } = task;
  if (checkMode || !request.checkMode) return checkMode;
  return stopsServers && !changedWhen.some(({ text }) => text === "false");
}

function foreseen(module: ChangingModule<unknown, Change>, found: Change, current: JsonObject): Outcome {
  const { summary, diff } = found;
  const result = { ...current, ...found.result };
  const unsure = module.preview === "unknown" && found.isForeseen !== true;
  return { status: "changed", result, summary, diff, foreseen: true, ...(unsure ? { unsure } : {}) };
}

/** Whether anything looks at the result: then it is worth a look at the host. */
function isResultRead({ task }: TaskAt): boolean {
  const { register, until, changedWhen, failedWhen } = task;
  return [register, until, changedWhen, failedWhen].some((reader) => reader !== undefined);
}

/** The outcome that an error stands for. An error that nobody expected is a failure with its cause kept. */
export function outcomeOf(
  error: unknown,
  at: { readonly host: string; readonly task: { readonly place: Place } },
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
  const more = error instanceof Failure ? error.result : undefined;
  const facts: Record<string, Json> = {
    ...more,
    msg: error instanceof Error ? error.message : String(error),
  };
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
