import { evaluateCondition } from "../expression/condition.ts";
import type { Meta, MetaAction } from "../language/model/task.ts";
import { failureOf } from "./attempt.ts";
import { flushHandlers, passOverHandlers } from "./handlers.ts";
import { layersOf } from "./host-variables.ts";
import { forgetNotified } from "./notify-handlers.ts";
import { type Departure, type Departures, levelsFor, type PlayRun } from "./play-run.ts";
import { wordsFor } from "./words-for.ts";

/** Those that the first host decides for the whole batch; the others are decided by each host for itself. */
const forTheBatch: readonly MetaAction[] = [
  "end_play",
  "end_batch",
  "clear_host_errors",
  "refresh_inventory",
];

/** Does what a `meta` task says; gives back the hosts that left by it. */
export async function runMeta(run: PlayRun, meta: Meta, hosts: ReadonlySet<string>): Promise<Departures> {
  if (!meta.implicit && !run.scope.choice.admits(meta)) return new Map();
  const isForAll = forTheBatch.includes(meta.action);
  const gone: Departures = new Map();
  const meant = [...hosts].slice(0, isForAll ? 1 : undefined).filter((host) => holds(run, meta, host, gone));
  if (meant.length === 0) return gone;
  const left = await act(run, meta, isForAll ? hosts : new Set(meant));
  return new Map([...gone, ...left]);
}

/** Whether `when` holds for the host. A condition that can't be evaluated is a failure of the host. */
function holds(run: PlayRun, meta: Meta, host: string, gone: Departures): boolean {
  try {
    const variables = run.scope.variables.forTask(host, layersOf(meta, levelsFor(run, host)));
    return meta.when.every((condition) => evaluateCondition(condition, variables));
  } catch (error) {
    gone.set(host, fallBy(run, meta, host, error));
    return false;
  }
}

async function act(run: PlayRun, meta: Meta, hosts: ReadonlySet<string>): Promise<Departures> {
  const { scope } = run;
  switch (meta.action) {
    case "flush_handlers":
      return flush(run, meta, hosts);
    case "end_host":
      return allLeave(run, hosts, { how: "ended", until: "host" });
    case "end_batch":
      return allLeave(run, hosts, { how: "ended", until: "batch" });
    case "end_play":
      return allLeave(run, hosts, { how: "ended", until: "play" });
    case "clear_host_errors":
      forgive(run);
      return new Map();
    case "clear_facts":
      for (const host of hosts) scope.variables.forget(host, ["facts"]);
      return new Map();
    case "refresh_inventory":
      return refresh(run, meta, hosts);
    case "reset_connection":
      await Promise.all([...hosts].map((host) => scope.hosts.reset(host)));
      return new Map();
    case "noop":
      return new Map();
  }
}

/** A resumed run has no flush over again that was done on a host: what is pending was notified behind it. */
async function flush(run: PlayRun, { id }: Meta, hosts: ReadonlySet<string>): Promise<Departures> {
  const { progress } = run.scope;
  const turn = progress.turnOf(id, [...hosts]);
  const left = new Set([...hosts].filter((host) => !turn.done.has(host)));
  for (const host of turn.done.keys()) progress.passed(turn, host);
  const flush = passOverHandlers(run, turn);
  if (left.size === 0) return new Map();
  progress.goOn("the handlers", [...left]);
  const gone = await flushHandlers(run, left, flush);
  for (const host of left) if (!gone.has(host)) progress.ended(turn, host, { status: "ok" }, false);
  return gone;
}

function allLeave(run: PlayRun, hosts: ReadonlySet<string>, departure: Departure): Departures {
  forgetNotified(run, hosts);
  return new Map([...hosts].map((host) => [host, departure]));
}

/**
 * The hosts of the play that failed are there again for the plays that follow. In a list of plays their failures are
 * none any more, as in Ansible; a stage of a migration in which a host failed is not done.
 */
function forgive({ scope, failed, forgiven, cleared, progression, playHosts }: PlayRun): void {
  for (const host of failed) forgiven.add(host);
  for (const host of playHosts) progression.lost.delete(host);
  const { request } = scope;
  if (!request.playbook.stages.find(({ name }) => name === request.stage)?.isPlainList) return;
  for (const host of failed) cleared.add(host);
  progression.falls = progression.falls.filter(({ host }) => !playHosts.includes(host));
}

async function refresh(run: PlayRun, meta: Meta, hosts: ReadonlySet<string>): Promise<Departures> {
  try {
    await run.scope.inventory.refresh();
    return new Map();
  } catch (error) {
    return new Map([...hosts].map((host) => [host, fallBy(run, meta, host, error)]));
  }
}

function fallBy(run: PlayRun, meta: Meta, host: string, error: unknown): Departure {
  const failure = failureOf(error, { host, task: meta });
  run.scope.emit({ type: "host-failed", host, message: failure.message, next: failure.next });
  const outcome = { status: "failed", failure, result: {} } as const;
  const fatal = wordsFor(run, meta, host).anyErrorsFatal ?? false;
  return { how: "failed", task: meta, outcome, failure, isHandler: false, fatal };
}
