import { Failure } from "../contract/errors.ts";
import { growsInventory } from "../language/growing-inventory.ts";
import type { Stage } from "../language/model/playbook.ts";
import { agreeOnLatches } from "./agree-on-latches.ts";
import type { DoneBefore } from "./done-tasks.ts";
import { type DowntimeEstimate, estimateDowntime } from "./downtime.ts";
import { foreseeDowntime } from "./foresee-downtime.ts";
import { requireConfirmation, type Standing } from "./gates.ts";
import { copiesFile, copyInputs, writeCopies } from "./input-copies.ts";
import type { JournalFact } from "./journal.ts";
import { requireMayRollBack, requireMayRun } from "./may-begin.ts";
import { askWhatNow } from "./on-failure.ts";
import { awaitOpenJobs } from "./open-jobs.ts";
import { openScope } from "./open-scope.ts";
import { requireLimit, stageOf } from "./plan.ts";
import type { RunRequest, RunResult } from "./request.ts";
import { doneFile, findBrokenOff, meantBy, requireBrokenOff } from "./resume.ts";
import { readInputs } from "./run-inputs.ts";
import { lockState, withLockedHosts } from "./run-locks.ts";
import { runPlays } from "./run-plays.ts";
import type { RunScope } from "./scope.ts";
import { stopsServers } from "./stops-servers.ts";
import { chooseTasks, type TaskChoice } from "./task-choice.ts";
import { readOtherWaves, requireOwnDomains } from "./waves.ts";

/**
 * Runs one stage of a playbook, or its rollback: lock, gates, plays, and whatever happens, the links
 * closed and the locks given back. Throws a Failure when it could not even begin.
 */
export async function runStage(request: RunRequest): Promise<RunResult> {
  const startedAt = Date.now();
  const stage = stageOf(request.playbook, request.stage);
  if (!request.checkMode) refuseParts(request, stage);
  const choice = chooseTasks(request, stage);
  const plays = request.rollback ? stage.rollback : stage.plays;
  requireLimit(request.limit, { inventory: request.inventory, mayGrow: growsInventory(plays) });
  const release = lockState(request);
  const scope = openScopeOr(request, stage, choice, release);
  try {
    const brokenOff = request.resume ? findBrokenOff(request, stage, scope.record.state()) : undefined;
    const { failedTask: task, failedHost: host } = scope.record.state().stages[stage.name] ?? {};
    scope.emit({
      type: "run-started",
      runId: scope.runId,
      migration: request.migration,
      stage: stage.name,
      description: stage.description,
      checkMode: request.checkMode,
      resumed: isUnfinished(scope, stage) || brokenOff !== undefined,
      ...(brokenOff === undefined || host === undefined ? {} : { failedAt: { host, task } }),
      rollback: request.rollback,
    });
    const { done, left } = await withLockedHosts(scope, async () => {
      await agreeOnLatches(scope);
      scope.meetWaves(await readOtherWaves(scope));
      await requireOwnDomains(scope);
      return request.rollback ? rollBack(scope, stage) : goForward(scope, stage, brokenOff);
    });
    const result = endStage(scope, stage, done, left);
    scope.emit({
      type: "run-finished",
      runId: scope.runId,
      stage: stage.name,
      result: result.result,
      tallies: result.tallies,
      durationMs: Date.now() - startedAt,
    });
    return request.checkMode ? result : { ...result, state: scope.record.state() };
  } finally {
    await scope.hosts.closeAll();
    scope.progress.close();
    scope.runFiles.close();
    scope.record.close();
    release();
  }
}

/** How a stage or its rollback went. */
interface Course {
  readonly result: RunResult;
  /** What the journal says of what is done. */
  readonly end?: JournalFact | undefined;
}

/**
 * The journal says that it is done only when the locks are back: who is told so never comes again, and would leave what a
 * killed run, or a lost link, left on the hosts.
 */
function endStage(
  scope: RunScope,
  stage: Stage,
  { result, end }: Course,
  left: readonly Failure[],
): RunResult {
  const { record, progress, runFiles, request } = scope;
  if (end === undefined) return result;
  const [first] = left;
  if (first !== undefined) {
    const failed = { ...result, result: "failed", failures: [...result.failures, ...left] } as const;
    // A rollback that came to no end is one that goes on.
    if (end.type !== "rollback-done") record.add(failureFact(request, stage, failed));
    return failed;
  }
  record.add(end);
  if (end.type !== "rollback-done") {
    progress.finish();
    runFiles.remove(copiesFile);
  }
  return result;
}

function openScopeOr(request: RunRequest, stage: Stage, choice: TaskChoice, release: () => void): RunScope {
  try {
    return openScope(request, stage, choice);
  } catch (error) {
    release();
    throw error;
  }
}

function standingOf({ request, record, now }: RunScope): Standing {
  return { playbook: request.playbook, state: record.state(), now: now() };
}

/** Whether the stage was begun and came to no end: what was asked before it began is not asked again. */
function isUnfinished({ request, record }: RunScope, stage: Stage): boolean {
  return !request.rollback && record.state().unfinishedStage === stage.name;
}

/** Whether the way back has not frozen new yet, or another controller let it serve again. */
function isBeforeFreeze({ record }: RunScope, { undoes }: Stage): boolean {
  const { "new-opened": opened, "new-frozen": frozen } = record.state().latches;
  return undoes.length > 0 && opened !== undefined && frozen === undefined;
}

/** What cuts a stage that stops and starts servers into pieces opens new beside a living old. */
function refuseParts(request: RunRequest, stage: Stage): void {
  if (!(isPartial(request) || request.step) || !stopsServers(stage)) return;
  throw new Failure(
    "bad-input",
    `stage ${stage.name} runs whole or not at all: --limit, --tags, --skip-tags, --start-at-task and --step are not for it`,
    {
      place: stage.place,
      next: "Leave them out. --check shows what the stage would do.",
    },
  );
}

async function goForward(scope: RunScope, stage: Stage, brokenOff: DoneBefore | undefined): Promise<Course> {
  const { request, record } = scope;
  // Only now: another controller may have taken it back.
  const resumed = isUnfinished(scope, stage) && !isBeforeFreeze(scope, stage);
  if (brokenOff !== undefined) requireBrokenOff(stage, record.state());
  // What goes on in the middle, or finds old frozen already, has less to do.
  const isWhole = !resumed && brokenOff === undefined && record.state().latches["old-frozen"] === undefined;
  if (!request.checkMode) {
    requireMayRun(stage, standingOf(scope));
  }
  const given = Object.keys(request.extraVariables).toSorted();
  const estimate = foreseeDowntime(scope, stage);
  if (!request.checkMode) {
    await awaitOpenJobs(scope);
    if (!resumed && mayStop(scope, stage)) await requireConfirmation(scope, request.playbook, stage);
  }
  for (let attempts = 1; ; attempts++) {
    // What the attempt before left at work is not started beside itself.
    if (attempts > 1) await awaitOpenJobs(scope);
    // What was done before lies with this run before the journal says that it is this run's to go on.
    beginProgress(scope, stage, attempts === 1 ? brokenOff : undefined);
    record.add({
      type: "stage-started",
      stage: stage.name,
      playbook: request.playbook.file,
      inventory: request.inventory.file,
      ...(request.wave === undefined ? {} : { domains: request.wave.domains }),
      ...(given.length === 0 ? {} : { extraVariables: given }),
      ...(brokenOff === undefined || attempts > 1 ? {} : { isResumed: true as const }),
    });
    for (const file of [doneFile, copiesFile]) scope.runFiles.removeOlder(file);
    keepEstimate(scope, estimate);
    const result = await runPlays(scope, stage, stage.plays);
    if (isWhole && attempts === 1) keepTimes(scope, stage);
    if (result.result === "done") return { result, end: doneFact(scope, stage) };
    if (result.result === "interrupted") return { result };
    record.add(failureFact(request, stage, result));
    const decision = await askWhatNow(scope, stage, result, attempts);
    if (decision === "stop") return { result };
    if (decision === "rollback") {
      const { result: rolledBack, end } = await rollBack(scope, stage);
      return { result: { ...result, failures: [...result.failures, ...rolledBack.failures] }, end };
    }
  }
}

function keepEstimate({ record }: RunScope, estimate: DowntimeEstimate | undefined): void {
  if (estimate === undefined || estimate.untimed.length > 0) return;
  const { aboutSeconds, atMostSeconds } = estimate;
  record.add({ type: "downtime-estimated", aboutSeconds, atMostSeconds });
}

/** The times that an estimate of the downtime is made from, where the playbook has one. */
function keepTimes({ record, request, clock }: RunScope, stage: Stage): void {
  if (request.playbook.stages.every((one) => estimateDowntime(one, {}) === undefined)) return;
  record.add({ type: "task-times", stage: stage.name, times: clock.times() });
}

function doneFact({ request, choice }: RunScope, stage: Stage): JournalFact {
  if (isPartial(request) || choice.refusedAny()) return { type: "stage-partial", stage: stage.name };
  const undoes = stage.undoes.length > 0 ? { undoes: stage.undoes } : {};
  return { type: "stage-done", stage: stage.name, ...undoes };
}

/** What the journal keeps of a failure: no secret that is known. */
function failureFact(
  { holdsSecret = () => false }: RunRequest,
  stage: Stage,
  result: RunResult,
): JournalFact {
  const { failures, failedAt } = result;
  const message = failures[0]?.message ?? "failed";
  const at = failedAt !== undefined && holdsSecret(failedAt.task ?? "") ? { host: failedAt.host } : failedAt;
  return {
    type: "stage-failed",
    stage: stage.name,
    message: holdsSecret(message) ? "failed (hidden)" : message,
    ...at,
  };
}

/** What the stage is made from is digested first: a resumed run has to be made from the same. */
function beginProgress(scope: RunScope, stage: Stage, before?: DoneBefore): void {
  const { request, runId, runFiles, progress } = scope;
  if (request.checkMode) return;
  const inputs = before?.heading.inputs ?? readInputs(request, runId);
  writeCopies(runFiles.place(copiesFile), copyInputs(inputs, request.inventory, request.holdsSecret));
  progress.begin({ version: 2, stage: stage.name, inputs, meant: meantBy(request) }, before);
}

// What ran for some hosts or some tasks alone must not open the gate of a later stage.
function isPartial({ limit, tags, skipTags = [], startAtTask }: RunRequest): boolean {
  return limit !== undefined || tags.length > 0 || skipTags.length > 0 || startAtTask !== undefined;
}

// Once new is open there is nothing left to be careful about: what is run again only looks and mends. But for the way back.
function mayStop(scope: RunScope, stage: Stage): boolean {
  return stage.undoes.length > 0 || scope.record.state().latches["new-opened"] === undefined;
}

async function rollBack(scope: RunScope, stage: Stage): Promise<Course> {
  requireMayRollBack(stage, standingOf(scope));
  if (!scope.request.checkMode) await awaitOpenJobs(scope);
  scope.record.add({ type: "rollback-started", stage: stage.name });
  scope.emit({ type: "notice", text: `rolling back stage ${stage.name}` });
  const result = await runPlays(scope, stage, stage.rollback);
  return { result, end: result.result === "done" ? { type: "rollback-done", stage: stage.name } : undefined };
}
