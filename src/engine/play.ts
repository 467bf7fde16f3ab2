import { inPlay } from "../language/inherit-words.ts";
import { askPrompts } from "./ask-prompts.ts";
import { batchesOf } from "./batches.ts";
import { beginOnAll, errorsAreFatal } from "./begin-play.ts";
import { flushHandlers } from "./handlers.ts";
import { tooManyFailed } from "./max-fail.ts";
import type { PlannedPlay } from "./plan.ts";
import { type Departures, type PlayRun, stopsAll } from "./play-run.ts";
import { type Progression, tallyOf } from "./progression.ts";
import { defaultForks } from "./request.ts";
import { nothingRound, runNodes } from "./run-nodes.ts";
import type { RunScope } from "./scope.ts";
import { type SettledPlay, settlePlay } from "./settle-play.ts";
import { openSlots } from "./slots.ts";
import { labelOf } from "./task-events.ts";

/**
 * Runs one play, batch by batch. A host that failed drops out; the others go on, and all failures are told at the end.
 * What the play lost stands in `progression.lost`. Gives back "run" when no other play may follow either: errors were
 * fatal, too many hosts failed, or a whole batch did.
 */
export async function runPlay(
  scope: RunScope,
  planned: PlannedPlay,
  progression: Progression,
): Promise<"play" | "run"> {
  const hosts = planned.hosts.filter((host) => !progression.lost.has(host));
  const prompted = hosts.length === 0 ? {} : await askPrompts(scope, planned.play);
  const play = settlePlay(planned.play, scope.variables.forPlay(planned.play, prompted));
  for (const batch of batchesOf(hosts, play.serial)) {
    if (scope.request.stopping.aborted) break;
    const run = startBatch(scope, { ...planned, play }, batch, { progression, prompted });
    const ending = await runBatch(run);
    const lost = batch.filter((host) => run.failed.has(host) && !run.forgiven.has(host));
    for (const host of lost) progression.lost.add(host);
    if (ending === "run" || lost.length === batch.length) return "run";
    if (ending === "play") break;
  }
  return "play";
}

function startBatch(
  scope: RunScope,
  { play, hosts }: PlannedPlay & { readonly play: SettledPlay },
  batch: readonly string[],
  { progression, prompted }: Pick<PlayRun, "progression" | "prompted">,
): PlayRun {
  scope.emit({ type: "play-started", name: play.name, hosts: batch });
  return {
    scope,
    play,
    progression,
    hosts: batch,
    playHosts: hosts,
    prompted,
    fileVars: new Map(),
    slots: openSlots(scope.request.forks ?? defaultForks),
    throttles: new Map(),
    handlers: [...play.handlers],
    rolesDone: new Map(),
    failed: new Set(),
    forgiven: new Set(),
    cleared: new Set(),
    notified: new Set(),
  };
}

/** Runs the play on one batch. Tells what is over: the batch, the play with its other batches, or all plays. */
async function runBatch(run: PlayRun): Promise<"batch" | "play" | "run"> {
  for (const host of run.hosts) tallyOf(run.progression, host);
  const reached = await beginOnAll(run);
  if (run.failed.size > 0 && (errorsAreFatal(run) || tooManyFailed(run))) return "run";
  const gone = await (run.play.strategy === "free" ? runFree(run, reached) : runLinear(run, reached));
  if (run.play.forceHandlers || run.scope.request.forceHandlers) await flushForFailed(run, gone);
  keepFalls(run, gone);
  const departures = [...gone.values()];
  if (departures.some((one) => one.how === "failed" && one.fatal)) return "run";
  return departures.some((one) => one.how === "ended" && one.until === "play") ? "play" : "batch";
}

/** Each task on all hosts, then the next task. */
function runLinear(run: PlayRun, hosts: ReadonlySet<string>): Promise<Departures> {
  return runNodes(run, tasksOf(run), hosts, nothingRound);
}

/** Each host goes through the tasks at its own pace. */
async function runFree(run: PlayRun, hosts: ReadonlySet<string>): Promise<Departures> {
  const nodes = tasksOf(run);
  const each = [...hosts].map(async (host) => {
    const left = await runNodes(run, nodes, new Set([host]), nothingRound);
    run.stop ??= [...left.values()].find(stopsAll);
    return left;
  });
  return new Map((await Promise.all(each)).flatMap((left) => [...left]));
}

function tasksOf({ play }: PlayRun) {
  return play.tasks.map((node) => inPlay(play, node));
}

/** `force_handlers`: what was notified runs on failed hosts too. */
async function flushForFailed(run: PlayRun, gone: Departures): Promise<void> {
  const failed = [...gone].filter(
    ([, one]) => one.how === "failed" && one.outcome.status === "failed" && !one.isHandler,
  );
  const left = await flushHandlers(run, new Set(failed.map(([host]) => host)));
  keepFalls(run, left);
}

function keepFalls({ progression, cleared }: PlayRun, gone: Departures): void {
  const falls = [...gone].flatMap(([host, departure]) =>
    departure.how === "failed" && !cleared.has(host)
      ? [{ host, failure: departure.failure, task: labelOf(departure.task) }]
      : [],
  );
  progression.falls = [...progression.falls, ...falls];
}
