import type { Outcome } from "../contract/outcome.ts";
import { addsToInventory } from "../language/growing-inventory.ts";
import type { Task } from "../language/model/task.ts";
import { outcomeOf } from "./attempt.ts";
import { fallOf } from "./fall.ts";
import { notifyHandlers } from "./notify-handlers.ts";
import { passOver } from "./pass-over.ts";
import { type Departures, type Fall, levelsFor, type PlayRun } from "./play-run.ts";
import { count } from "./progression.ts";
import { openSlots, type Slots } from "./slots.ts";
import type { Turn } from "./stage-progress.ts";
import { runTask } from "./task.ts";
import { referenceOf } from "./task-events.ts";
import { keepOnRecord, noteOutcome, tellNews } from "./task-record.ts";
import { partOf } from "./turn-part.ts";
import { wordsFor } from "./words-for.ts";

/**
 * Runs one task on hosts at once, as far as --forks and `throttle` allow; gives back the hosts that failed. A resumed run
 * leaves out those on which it is done.
 */
export async function runOnHosts(
  run: PlayRun,
  task: Task,
  hosts: ReadonlySet<string>,
  mayBeRescued: boolean,
): Promise<Departures> {
  const { choice, progress } = run.scope;
  if (!choice.admits(task)) return new Map();
  const turn = progress.turnOf(task.id, [...hosts]);
  const { left, gone, goesOn } = await passOver(run, task, turn);
  if (left.size === 0) return gone;
  if (!(await choice.isAllowed(task))) {
    for (const host of left) progress.ended(turn, host, { status: "skipped", refused: true }, false);
    return gone;
  }
  const asked = { task, turn, isHandler: false, mayBeRescued, goesOn };
  return new Map([...gone, ...(await runEverywhere(run, asked, left))]);
}

/** Runs a handler on the hosts that called it; `turn` is its own within the flush. */
export function runHandlerOnHosts(
  run: PlayRun,
  task: Task,
  hosts: ReadonlySet<string>,
  turn: Turn | undefined,
): Promise<Departures> {
  return runEverywhere(run, { task, turn, isHandler: true, mayBeRescued: false, goesOn: true }, hosts);
}

/** What is to run. */
interface Asked {
  readonly task: Task;
  readonly turn?: Turn | undefined;
  readonly isHandler: boolean;
  readonly mayBeRescued: boolean;
  /** Whether it goes on with what an earlier run had begun of it. */
  readonly goesOn: boolean;
}

async function runEverywhere(run: PlayRun, asked: Asked, hosts: ReadonlySet<string>): Promise<Departures> {
  const { scope, progression } = run;
  const { task, isHandler } = asked;
  const [first = ""] = hosts;
  // As in Ansible, the first host decides what is one thing for all of them.
  const words = wordsFor(run, task, first);
  const { runOnce, throttle } = words;
  scope.emit({ type: "task-started", task: referenceOf(words), handler: isHandler });
  const names = runOnce ? [first] : [...hosts];
  // What ran once counts for all hosts: what it found out, its result, and its failure.
  const audienceOf = (host: string) => (runOnce ? [...hosts] : [host]);
  const stop = isHandler ? undefined : scope.clock.start(task);
  const falls = await Promise.all(
    names.map(
      async (host) =>
        [
          host,
          await inTurn(run, task.id, throttle, () => runOn(run, asked, host, audienceOf(host))),
        ] as const,
    ),
  );
  const gone: Departures = new Map();
  const outcomes = falls.map(([host, { outcome, fall }]) => {
    count(progression, host, outcome);
    if (fall !== undefined) gone.set(host, fall);
    return outcome;
  });
  stop?.(falls.map(([, { outcome }]) => outcome));
  const [once] = runOnce ? gone.values() : [];
  if (once !== undefined) for (const host of hosts) gone.set(host, once);
  if (asked.turn !== undefined) tellNews(run, { task, turn: asked.turn }, outcomes);
  return gone;
}

/** What a host comes to by a task. */
interface Ran {
  readonly outcome: Outcome;
  readonly fall?: Fall | undefined;
}

/** Runs the task on one host, and keeps at once how it ended: a kill must not make it run again because of others. */
async function runOn(run: PlayRun, asked: Asked, host: string, audience: readonly string[]): Promise<Ran> {
  const { task, turn, isHandler } = asked;
  const part = turn === undefined ? undefined : partOf(run.scope.progress, turn, host, asked);
  const ended = await runTask(run.scope, levelsFor(run, host), task, host, { audience, part });
  const { outcome, notified } = notify(run, asked, host, ended);
  const fall = fallOf(run, task, host, outcome, { isHandler, turn });
  if (turn !== undefined) keepOnRecord(run, { ...asked, turn }, audience, { outcome, fall, notified });
  noteOutcome(run.scope, task, host, outcome);
  return { outcome, fall };
}

/** What changed calls its handlers. */
function notify(
  run: PlayRun,
  { task, turn }: Asked,
  host: string,
  outcome: Outcome,
): { readonly outcome: Outcome; readonly notified?: readonly string[] | undefined } {
  // What may turn out to be no change calls nobody, as in Ansible's check mode.
  if (outcome.status !== "changed" || outcome.unsure || task.notify.length === 0) return { outcome };
  // What it adds to the inventory is news to a resumed run only: its handlers were called before.
  if (turn?.done.has(host) && addsToInventory(task)) return { outcome };
  try {
    return { outcome, notified: notifyHandlers(run, task, host) };
  } catch (error) {
    const failed = outcomeOf(error, { host, task });
    if ("failure" in failed) {
      run.scope.emit({
        type: "host-failed",
        host,
        message: failed.failure.message,
        next: failed.failure.next,
      });
    }
    return { outcome: failed };
  }
}

function inTurn<Result>(
  run: PlayRun,
  id: string,
  throttle: number | undefined,
  work: () => Promise<Result>,
): Promise<Result> {
  if (throttle === undefined) return run.slots.take(work);
  return throttled(run, id, throttle).take(() => run.slots.take(work));
}

function throttled({ throttles }: PlayRun, id: string, throttle: number): Slots {
  const slots = throttles.get(id) ?? openSlots(throttle);
  throttles.set(id, slots);
  return slots;
}
