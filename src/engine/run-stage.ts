import { Failure, Refused } from "../contract/errors.ts";
import { latchNames } from "../contract/latch.ts";
import type { Play, Stage } from "../language/model.ts";
import { closeLinks } from "./data-links.ts";
import { requireConfirmation, requireNotOpened, requireStages } from "./gates.ts";
import { awaitOpenJobs } from "./job-binding.ts";
import { askWhatNow } from "./on-failure.ts";
import { openScope } from "./open-scope.ts";
import { planPlays, stageOf } from "./plan.ts";
import { type Progression, runPlay } from "./play.ts";
import type { RunRequest, RunResult } from "./request.ts";
import { lockState, withLockedHosts } from "./run-locks.ts";
import type { RunScope } from "./scope.ts";

/**
 * Runs one stage of a playbook, or its rollback: lock, gates, plays, and whatever happens, the links
 * closed and the locks given back. Throws a Failure when it could not even begin.
 */
export async function runStage(request: RunRequest): Promise<RunResult> {
  const startedAt = Date.now();
  const stage = stageOf(request.playbook, request.stage);
  if (!request.checkMode) refuseParts(request, stage);
  const release = lockState(request);
  const scope = openScopeOr(request, release);
  try {
    const { unfinishedStage } = scope.record.state();
    const resumed = !request.rollback && unfinishedStage === stage.name;
    scope.emit({
      type: "run-started",
      runId: scope.runId,
      migration: request.migration,
      stage: stage.name,
      description: stage.description,
      checkMode: request.checkMode,
      resumed,
      rollback: request.rollback,
    });
    const result = await withLockedHosts(scope, async () => {
      await agreeOnLatches(scope);
      return request.rollback ? rollBack(scope, stage) : goForward(scope, stage, resumed);
    });
    scope.emit({
      type: "run-finished",
      runId: scope.runId,
      stage: stage.name,
      result: result.result,
      tallies: result.tallies,
      durationMs: Date.now() - startedAt,
    });
    return result;
  } finally {
    await scope.hosts.closeAll();
    scope.runFiles.close();
    scope.record.close();
    release();
  }
}

function openScopeOr(request: RunRequest, release: () => void): RunScope {
  try {
    return openScope(request);
  } catch (error) {
    release();
    throw error;
  }
}

/** What cuts a stage that stops and starts servers into pieces opens new beside a living old. */
function refuseParts(request: RunRequest, stage: Stage): void {
  if (!isPartial(request) || (stage.confirm === undefined && stage.rollback.length === 0)) return;
  throw new Failure(
    "bad-input",
    `stage ${stage.name} runs whole or not at all: --limit and --tags are not for it`,
    {
      place: stage.place,
      next: "Leave them out. --check shows what the stage would do.",
    },
  );
}

async function goForward(scope: RunScope, stage: Stage, resumed: boolean): Promise<RunResult> {
  const { request, record } = scope;
  if (!request.checkMode) {
    requireStages(stage, record.state(), scope.now());
    await awaitOpenJobs(scope);
    if (!resumed && !isOpened(scope)) await requireConfirmation(scope, request.playbook, stage);
  }
  for (let attempts = 1; ; attempts++) {
    record.add({
      type: "stage-started",
      stage: stage.name,
      playbook: request.playbook.file,
      inventory: request.inventory.file,
    });
    const result = await runPlays(scope, stage.plays);
    if (result.result === "done") {
      record.add(
        isPartial(request)
          ? { type: "stage-partial", stage: stage.name }
          : { type: "stage-done", stage: stage.name },
      );
      return result;
    }
    if (result.result === "interrupted") return result;
    record.add({ type: "stage-failed", stage: stage.name, message: result.failures[0]?.message ?? "failed" });
    const decision = await askWhatNow(scope, stage, result, attempts);
    if (decision === "stop") return result;
    if (decision === "rollback") {
      const rolledBack = await rollBack(scope, stage);
      return { ...result, failures: [...result.failures, ...rolledBack.failures] };
    }
  }
}

// What ran for some hosts or some tasks alone must not open the gate of a later stage.
function isPartial({ limit, tags }: RunRequest): boolean {
  return limit !== undefined || tags.length > 0;
}

// Once new is open there is nothing left to be careful about: what is run again only looks and mends.
function isOpened(scope: RunScope): boolean {
  return scope.record.state().latches["new-opened"] !== undefined;
}

async function rollBack(scope: RunScope, stage: Stage): Promise<RunResult> {
  if (stage.rollback.length === 0) {
    throw new Refused(`stage ${stage.name} has no rollback`, { place: stage.place });
  }
  await requireNotOpened(scope);
  if (!scope.request.checkMode) await awaitOpenJobs(scope);
  scope.record.add({ type: "rollback-started", stage: stage.name });
  scope.emit({ type: "notice", text: `rolling back stage ${stage.name}` });
  const result = await runPlays(scope, stage.rollback);
  if (result.result === "done") scope.record.add({ type: "rollback-done", stage: stage.name });
  return result;
}

async function runPlays(scope: RunScope, plays: readonly Play[]): Promise<RunResult> {
  const { request } = scope;
  const [anyHost = "control"] = request.inventory.hosts.keys();
  const progression: Progression = { tallies: {}, failures: [] };
  try {
    for (const planned of planPlays(
      plays,
      request.inventory,
      scope.variables.forStage(anyHost),
      request.limit,
    )) {
      if (request.stopping.aborted) break;
      if (planned.hosts.length === 0) continue;
      const alive = await runPlay(scope, planned, progression);
      // A later play builds on an earlier one: with a side of the migration gone there is no going on.
      if (alive.size < planned.hosts.length) break;
    }
  } finally {
    if (!request.checkMode) await closeLinks(scope).catch((error) => tellOpenLink(scope, error));
  }
  const { tallies, failures } = progression;
  // What was broken off by hand did not fail: it goes on when the stage is run again.
  if (request.signal.aborted) return { result: "interrupted", failures, tallies };
  if (failures.length > 0) return { result: "failed", failures, tallies };
  return { result: request.stopping.aborted ? "interrupted" : "done", failures, tallies };
}

// What failed before is the news; a link that could not be closed now is closed by the next run, or expires.
function tellOpenLink(scope: RunScope, error: unknown): void {
  const why = error instanceof Error ? error.message : String(error);
  scope.emit({ type: "notice", text: `a data link is still open and will expire by itself: ${why}` });
}

/**
 * A latch that only the journal or only a host knows of becomes known to both: another controller may have set it, and
 * a kill may have come between the two.
 */
async function agreeOnLatches(scope: RunScope): Promise<void> {
  const { record } = scope;
  for (const name of latchNames) {
    const since = await scope.latches().setAt(name);
    if (since === undefined) continue;
    if (record.state().latches[name] === undefined) record.add({ type: "latch-set", latch: name, since });
    if (!scope.request.checkMode) await scope.latches().remind(name, since);
  }
}
