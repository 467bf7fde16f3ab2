import { namesOfHandler } from "../language/handler-names.ts";
import { inPlay } from "../language/inherit-words.ts";
import type { Task } from "../language/model/task.ts";
import { putBack } from "./pass-over.ts";
import { type Departures, type PlayRun, remaining, stopsAll } from "./play-run.ts";
import { runHandlerOnHosts } from "./run-on-hosts.ts";
import type { Turn } from "./stage-progress.ts";

/** A flush that has its turn, with what an earlier run had done of it. */
export interface Flush {
  readonly turn: Turn;
  /** The turns of the handlers in it. */
  readonly turns: ReadonlyMap<Task, Turn>;
}

/** What a run that is resumed had done of a flush: the handlers that ran are done, and what they left is put back. */
export function passOverHandlers(run: PlayRun, turn: Turn): Flush {
  const { progress } = run.scope;
  const turns = new Map(
    run.handlers.map(
      (handler) => [handler, progress.turnIn(turn, handler.id, [...turn.times.keys()])] as const,
    ),
  );
  for (const part of turns.values()) {
    for (const [host, ended] of part.done) {
      progress.passed(part, host);
      putBack(run, host, ended);
    }
  }
  return { turn, turns };
}

/**
 * Runs the handlers that were notified, in the order they are defined, and then those that they notified themselves;
 * each once for a host. What was notified before a failure or a crash stands in the journal and runs at the end of
 * the next run of the play. Gives back the hosts on which a handler failed.
 */
export async function flushHandlers(
  run: PlayRun,
  hosts: ReadonlySet<string>,
  flush?: Flush | undefined,
): Promise<Departures> {
  const gone: Departures = new Map();
  const ran = new Map(
    [...(flush?.turns ?? [])].map(([handler, { done }]) => [handler, new Set(done.keys())]),
  );
  for (const [handler, done] of ran) for (const host of done) settle(run, handler, host, ran);
  for (let isNews = true; isNews; ) {
    isNews = false;
    for (const handler of run.handlers) {
      const before = ran.get(handler) ?? new Set();
      ran.set(handler, before);
      const called = [...remaining(hosts, gone)].filter(
        (host) => !before.has(host) && heardBy(run, handler, host).length > 0,
      );
      if (called.length === 0) continue;
      isNews = true;
      for (const host of called) before.add(host);
      for (const [host, departure] of await runHandler(run, handler, called, flush))
        gone.set(host, departure);
      for (const host of called) if (!gone.has(host)) settle(run, handler, host, ran);
      const stop = [...gone.values()].find(stopsAll);
      if (stop === undefined) continue;
      for (const host of remaining(hosts, gone)) gone.set(host, stop);
      return gone;
    }
  }
  return gone;
}

function runHandler(
  run: PlayRun,
  handler: Task,
  hosts: readonly string[],
  flush: Flush | undefined,
): Promise<Departures> {
  const begun = flush?.turns.get(handler)?.begun ?? new Map();
  const turn = flush && { ...run.scope.progress.turnIn(flush.turn, handler.id, hosts), begun };
  return runHandlerOnHosts(run, inPlay(run.play, handler), new Set(hosts), turn);
}

/** The names by which a handler was notified for a host. */
function heardBy({ scope, handlers }: PlayRun, handler: Task, host: string): string[] {
  const pending = scope.record.state().pendingHandlers;
  return namesOfHandler(handler, handlers).filter((name) => pending.includes(`${name}@${host}`));
}

/** A name is done with when every handler that listens to it ran for the host. */
function settle(
  { scope, handlers }: PlayRun,
  handler: Task,
  host: string,
  ran: ReadonlyMap<Task, ReadonlySet<string>>,
): void {
  const pending = scope.record.state().pendingHandlers;
  for (const name of namesOfHandler(handler, handlers)) {
    const isDone = handlers
      .filter((other) => namesOfHandler(other, handlers).includes(name))
      .every((other) => ran.get(other)?.has(host));
    if (isDone && pending.includes(`${name}@${host}`)) {
      scope.record.add({ type: "handler-done", handler: name, host });
    }
  }
}
