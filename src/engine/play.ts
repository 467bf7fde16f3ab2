import type { Failure } from "../contract/errors.ts";
import type { Outcome, Tally } from "../contract/outcome.ts";
import type { Block, Play, Task, TaskNode, TaskWords } from "../language/model.ts";
import { failureOf } from "./attempt.ts";
import { runHandlers } from "./handlers.ts";
import type { RunScope } from "./scope.ts";
import { isOver, registeredValue, runTask } from "./task.ts";
import { referenceOf } from "./task-events.ts";

/** How the plays of a run went so far. */
export interface Progression {
  readonly tallies: Record<string, Tally>;
  readonly failures: Failure[];
}

/** A play with its hosts, as planned. */
export interface PlannedPlay {
  readonly play: Play;
  readonly hosts: readonly string[];
}

interface PlayRun {
  readonly scope: RunScope;
  readonly play: Play;
  readonly progression: Progression;
}

/**
 * Runs one play: each task on all its hosts at once, then the next task. A host that failed drops out;
 * the others go on, and all failures are told at the end. Gives back the hosts that got through.
 */
export async function runPlay(
  scope: RunScope,
  { play, hosts }: PlannedPlay,
  progression: Progression,
): Promise<ReadonlySet<string>> {
  scope.emit({ type: "play-started", name: play.name, hosts });
  const run: PlayRun = { scope, play, progression };
  const reached = new Set<string>();
  for (const { host, failure } of await reachAll(scope, play, hosts)) {
    tallyOf(progression, host);
    if (failure === undefined) reached.add(host);
    else {
      scope.emit({ type: "host-failed", host, message: failure.message, next: failure.next });
      progression.failures.push(failure);
      tallyOf(progression, host).unreachable++;
    }
  }
  const failed = await runNodes(run, play.tasks, reached);
  const alive = without(reached, failed);
  const failedInHandlers = await runHandlers(run.scope, run.play, alive, (task, host) =>
    runOn(run, task, new Set([host]), true),
  );
  for (const { failure } of [...failed.values()]) progression.failures.push(failure);
  for (const { failure } of [...failedInHandlers.values()]) progression.failures.push(failure);
  return without(alive, failedInHandlers);
}

/** How a host fell out of a list of tasks. */
export interface Fall {
  readonly task: Task;
  readonly outcome: Outcome;
  readonly failure: Failure;
}

/** Runs nodes in order; gives back the hosts that failed on the way, each with its failure. */
async function runNodes(
  run: PlayRun,
  nodes: readonly TaskNode[],
  hosts: ReadonlySet<string>,
): Promise<Map<string, Fall>> {
  const failed = new Map<string, Fall>();
  for (const node of nodes) {
    const alive = without(hosts, failed);
    if (alive.size === 0 || run.scope.request.stopping.aborted) break;
    const fallen =
      node.kind === "block" ? await runBlock(run, node, alive) : await runOn(run, node, alive, false);
    for (const [host, fall] of fallen) failed.set(host, fall);
  }
  return failed;
}

async function runBlock(run: PlayRun, block: Block, hosts: ReadonlySet<string>): Promise<Map<string, Fall>> {
  const inside = (nodes: readonly TaskNode[]) => nodes.map((node) => withWordsOf(block, node));
  const failed = await runNodes(run, inside(block.block), hosts);
  if (block.rescue.length > 0 && failed.size > 0) {
    await rescue(run, inside(block.rescue), failed);
  }
  const fallenInAlways = await runNodes(run, inside(block.always), hosts);
  for (const [host, fall] of fallenInAlways) failed.set(host, fall);
  return failed;
}

// A rescued host counts as alive again; one that fails in the rescue keeps the newer failure.
async function rescue(run: PlayRun, nodes: readonly TaskNode[], failed: Map<string, Fall>): Promise<void> {
  const rescuable = [...failed].filter(([, fall]) => fall.outcome.status === "failed");
  for (const [host, fall] of rescuable) {
    run.scope.variables.keep(host, {
      failed_task: fall.task.name ?? fall.task.module,
      failed_result: registeredValue(fall.outcome),
    });
  }
  const hosts = new Set(rescuable.map(([host]) => host));
  const again = await runNodes(run, nodes, hosts);
  for (const host of hosts) {
    const fall = again.get(host);
    if (fall !== undefined) failed.set(host, fall);
    else {
      failed.delete(host);
      tallyOf(run.progression, host).rescued++;
    }
  }
}

async function runOn(
  run: PlayRun,
  task: Task,
  hosts: ReadonlySet<string>,
  handler: boolean,
): Promise<Map<string, Fall>> {
  const { scope, play, progression } = run;
  if (!handler && !isTagged(task, scope.request.tags)) return new Map();
  scope.emit({ type: "task-started", task: referenceOf(task), handler });
  const names = task.runOnce ? [...hosts].slice(0, 1) : [...hosts];
  const outcomes = await Promise.all(
    names.map(async (host) => [host, await runTask(scope, play, withPlayWords(play, task), host)] as const),
  );
  const failed = new Map<string, Fall>();
  for (const [host, outcome] of outcomes) {
    count(progression, host, outcome);
    if (isOver(outcome) && !("ignored" in outcome && outcome.ignored) && "failure" in outcome) {
      failed.set(host, { task, outcome, failure: outcome.failure });
    }
    if (task.runOnce && task.register !== undefined) {
      for (const other of hosts) scope.variables.keep(other, { [task.register]: registeredValue(outcome) });
    }
  }
  if (task.runOnce && failed.size > 0) {
    const fall = [...failed.values()][0];
    if (fall !== undefined) for (const host of hosts) failed.set(host, fall);
  }
  return failed;
}

async function reachAll(
  scope: RunScope,
  play: Play,
  hosts: readonly string[],
): Promise<{ host: string; failure?: Failure }[]> {
  return Promise.all(
    hosts.map(async (host) => {
      try {
        await scope.hosts.reach(host, play);
        return { host };
      } catch (error) {
        return { host, failure: failureOf(error, { host, task: play }) };
      }
    }),
  );
}

/** A block's words go down to what stands in it: conditions and tags add up, the inner word wins otherwise. */
function withWordsOf(block: Block, node: TaskNode): TaskNode {
  const words: Partial<TaskWords> = {
    when: [...block.when, ...node.when],
    tags: [...block.tags, ...node.tags],
    vars: { ...block.vars, ...node.vars },
    become: node.become ?? block.become,
    becomeUser: node.becomeUser ?? block.becomeUser,
    delegateTo: node.delegateTo ?? block.delegateTo,
    noLog: node.noLog ?? block.noLog,
    ignoreErrors: node.ignoreErrors ?? block.ignoreErrors,
    runOnce: node.runOnce ?? block.runOnce,
    role: node.role ?? block.role,
  };
  return { ...node, ...words } as TaskNode;
}

function withPlayWords(play: Play, task: Task): Task {
  return { ...task, become: task.become ?? play.become, becomeUser: task.becomeUser ?? play.becomeUser };
}

function isTagged(task: Task, wanted: readonly string[]): boolean {
  if (task.tags.includes("never")) return task.tags.some((tag) => wanted.includes(tag));
  return wanted.length === 0 || task.tags.includes("always") || task.tags.some((tag) => wanted.includes(tag));
}

function count(progression: Progression, host: string, outcome: Outcome): void {
  const tally = tallyOf(progression, host);
  if (outcome.status === "failed" && outcome.ignored) tally.ignored++;
  else tally[outcome.status]++;
}

function tallyOf(progression: Progression, host: string): Tally {
  const known = progression.tallies[host];
  if (known !== undefined) return known;
  const fresh: Tally = {
    ok: 0,
    changed: 0,
    skipped: 0,
    failed: 0,
    unreachable: 0,
    unknown: 0,
    rescued: 0,
    ignored: 0,
  };
  progression.tallies[host] = fresh;
  return fresh;
}

function without(hosts: ReadonlySet<string>, gone: ReadonlyMap<string, unknown>): Set<string> {
  return new Set([...hosts].filter((host) => !gone.has(host)));
}
