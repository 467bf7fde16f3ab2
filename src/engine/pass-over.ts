import type { TaskModule } from "../contract/module.ts";
import type { Outcome } from "../contract/outcome.ts";
import { addsToInventory } from "../language/growing-inventory.ts";
import type { Task } from "../language/model/task.ts";
import type { DoneTask } from "./done-tasks.ts";
import { fallOf } from "./fall.ts";
import { outcomeKept } from "./kept-outcome.ts";
import type { Departures, PlayRun } from "./play-run.ts";
import { noteWork } from "./progression.ts";
import type { RunScope } from "./scope.ts";
import type { Turn } from "./stage-progress.ts";
import { nameOf } from "./task-events.ts";
import { wordsFor } from "./words-for.ts";

/** What a resumed run left out of a task's turn. */
export interface PassedOver {
  /** The hosts on which the task runs. */
  readonly left: ReadonlySet<string>;
  /** The hosts on which it had failed, for a rescue to go on with. */
  readonly gone: Departures;
  /** Whether what was begun counts: rounds of a loop that are over, jobs. */
  readonly goesOn: boolean;
}

/**
 * Passes over the hosts on which a task is done; what it had left behind is put back for them. On the others it runs,
 * and from there on everything does.
 */
export async function passOver(run: PlayRun, task: Task, turn: Turn): Promise<PassedOver> {
  const { progress, choice } = run.scope;
  const hosts = [...turn.times.keys()];
  // Most runs resume nothing: theirs is the short way.
  if (turn.done.size === 0 && [...turn.begun.values()].every(({ length }) => length === 0)) {
    progress.goOn(nameOf(task), hosts);
    return { left: new Set(hosts), gone: new Map(), goesOn: false };
  }
  const isOpen = await looksAgain(run.scope, task);
  const done = isOpen ? new Map<string, DoneTask>() : doneOn(run, task, turn, hosts);
  const gone: Departures = new Map();
  for (const [host, ended] of done) {
    progress.passed(turn, host);
    putBack(run, host, ended);
    if (ended.refused) choice.noteRefused();
    noteWork(run.progression, host, ended.status);
    const fall = ended.outcome === undefined ? undefined : fallAgain(run, task, host, turn, ended);
    if (fall !== undefined) gone.set(host, fall);
  }
  const unknown = hosts.filter((host) => !done.has(host) && !turn.done.has(host));
  if (unknown.length > 0) progress.goOn(nameOf(task), unknown);
  return { left: new Set(hosts.filter((host) => !done.has(host))), gone, goesOn: !isOpen };
}

/** Puts back what a task or handler had left behind on a host. */
export function putBack(
  { scope, notified }: PlayRun,
  host: string,
  { kept = [], notified: called = [] }: DoneTask,
): void {
  for (const { values, level } of kept) scope.variables.keep(host, values, level);
  for (const handler of called) notified.add(`${handler}@${host}`);
}

/** How the task is done, by host. What ran once counts for all of them, also for one that was not there before. */
function doneOn(
  run: PlayRun,
  task: Task,
  turn: Turn,
  hosts: readonly string[],
): ReadonlyMap<string, DoneTask> {
  const done = [...turn.done].filter(([, { again }]) => !again);
  const [first] = done;
  const isOnce = first !== undefined && (wordsFor(run, task, first[0]).runOnce ?? false);
  return isOnce ? new Map(hosts.map((host) => [host, turn.done.get(host) ?? first[1]])) : new Map(done);
}

function fallAgain(run: PlayRun, task: Task, host: string, turn: Turn, { outcome }: DoneTask) {
  const failed: Outcome | undefined = outcome && outcomeKept(outcome);
  return failed && fallOf(run, task, host, failed, { isHandler: false, turn });
}

/**
 * What was true before the break may be true no more, and mail hangs on it. So where servers are stopped, all that can
 * look looks again, and only what can't see whether it was done (a command) is not done twice. A guard looks always.
 */
async function looksAgain(scope: RunScope, task: Task): Promise<boolean> {
  const module = await scope.request.modules.load(task.module);
  if (module === undefined || isGuard(module)) return true;
  // What it found out lies with another host, and not on record here.
  if (task.delegateFacts && module.kind === "look") return true;
  // What it added went with the run: the inventory of this one lacks it.
  if (addsToInventory(task)) return true;
  return scope.stopsServers && (canLook(module) || isProbe(task));
}

function isGuard(module: TaskModule): boolean {
  return module.kind === "look" && (module.isGuard ?? false);
}

function canLook(module: TaskModule): boolean {
  return module.kind === "look" || module.preview === "exact";
}

/** A command that its author says changes nothing. */
function isProbe({ checkMode, changedWhen = [] }: Task): boolean {
  return checkMode === false || changedWhen.some(({ text }) => text === "false");
}
