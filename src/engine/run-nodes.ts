import { inBlock } from "../language/inherit-words.ts";
import type { Block, TaskNode } from "../language/model/task.ts";
import { formatPlace } from "../language/problems.ts";
import { noteFailed } from "./max-fail.ts";
import { type Departure, type Departures, type Fall, type PlayRun, remaining, stopsAll } from "./play-run.ts";
import { tallyOf } from "./progression.ts";
import { registeredValue } from "./registered-value.ts";
import { runInclude } from "./run-include.ts";
import { runMeta } from "./run-meta.ts";
import { runOnHosts } from "./run-on-hosts.ts";
import { moduleOf, nameOf } from "./task-events.ts";

/** What stands round a list of nodes. */
export interface Surrounding {
  /** A rescue may still take a failure back. */
  readonly mayBeRescued: boolean;
  /** They are a rescue or an always: begun for a host, they are not left because another host failed. */
  readonly isAftermath: boolean;
}

/** Round the nodes of a play there is nothing. */
export const nothingRound: Surrounding = { mayBeRescued: false, isAftermath: false };

/** Runs nodes in order, each on all the hosts; gives back the hosts that left on the way. */
export async function runNodes(
  run: PlayRun,
  nodes: readonly TaskNode[],
  hosts: ReadonlySet<string>,
  surrounding: Surrounding,
): Promise<Departures> {
  const gone: Departures = new Map();
  for (const node of nodes) {
    if (run.stop !== undefined && !surrounding.isAftermath) leave(run.stop, hosts, gone);
    const alive = remaining(hosts, gone);
    if (alive.size === 0 || run.scope.request.stopping.aborted) break;
    const left = await runNode(run, node, alive, surrounding);
    for (const [host, departure] of left) gone.set(host, departure);
    const stop = stopOfAll(run, left, surrounding);
    if (stop !== undefined) leave(stop, hosts, gone);
  }
  return gone;
}

function runNode(
  run: PlayRun,
  node: TaskNode,
  hosts: ReadonlySet<string>,
  surrounding: Surrounding,
): Promise<Departures> {
  switch (node.kind) {
    case "block":
      return node.gate === undefined
        ? runBlock(run, node, hosts, surrounding)
        : runInclude(run, { ...node, gate: node.gate }, hosts, (block, members) =>
            runBlock(run, block, members, surrounding),
          );
    case "meta":
      return runMeta(run, node, hosts);
    case "task":
      return runOnHosts(run, node, hosts, surrounding.mayBeRescued);
  }
}

async function runBlock(
  run: PlayRun,
  block: Block,
  all: ReadonlySet<string>,
  surrounding: Surrounding,
): Promise<Departures> {
  const hosts = withoutDone(run, block, all);
  const workBefore = new Map([...hosts].map((host) => [host, workOn(run, host)]));
  const inside = (nodes: readonly TaskNode[]) => nodes.map((node) => inBlock(block, node));
  const rescues = block.rescue.length > 0;
  const aftermath: Surrounding = { ...surrounding, isAftermath: true };
  const gone = await runNodes(run, inside(block.block), hosts, {
    ...surrounding,
    mayBeRescued: surrounding.mayBeRescued || rescues,
  });
  tellOfFailures(run, gone);
  if (rescues) await rescue(run, inside(block.rescue), gone, aftermath);
  const ended = new Map([...gone].filter(([, { how }]) => how === "ended"));
  const left = await runNodes(run, inside(block.always), remaining(hosts, ended), aftermath);
  for (const [host, departure] of left) gone.set(host, departure);
  const worked = [...remaining(hosts, gone)].filter((host) => workOn(run, host) !== workBefore.get(host));
  noteDone(run, block, worked);
  return gone;
}

/** How many tasks were not skipped on a host: a role of which every task was is still to be done, as in Ansible. */
function workOn({ progression }: PlayRun, host: string): number {
  return progression.worked[host] ?? 0;
}

/** The hosts that did not yet go through this use of a role. */
function withoutDone({ rolesDone }: PlayRun, { onceKey }: Block, hosts: ReadonlySet<string>): Set<string> {
  const done = onceKey === undefined ? undefined : rolesDone.get(onceKey);
  return new Set([...hosts].filter((host) => !done?.has(host)));
}

function noteDone({ rolesDone }: PlayRun, { onceKey }: Block, hosts: readonly string[]): void {
  if (onceKey !== undefined) rolesDone.set(onceKey, new Set([...(rolesDone.get(onceKey) ?? []), ...hosts]));
}

// A rescued host counts as alive again; one that fails in the rescue keeps the newer failure. Only a task that failed
// is rescued: what became of a host that was lost is not known, and no other task can tell.
async function rescue(
  run: PlayRun,
  nodes: readonly TaskNode[],
  gone: Departures,
  surrounding: Surrounding,
): Promise<void> {
  const names = failedIn(gone).map(([host]) => host);
  const hosts = new Set(run.hosts.filter((host) => names.includes(host)));
  for (const host of hosts) countRescue(run, host);
  const again = await runNodes(run, nodes, hosts, surrounding);
  for (const host of hosts) {
    const departure = again.get(host);
    if (departure?.how === "failed") tryAgain(run, host, gone.get(host));
    if (departure !== undefined) gone.set(host, departure);
    else gone.delete(host);
  }
}

/** With its rescue failed too, the task that failed is what a resumed run begins with. */
function tryAgain({ scope }: PlayRun, host: string, fall: Departure | undefined): void {
  if (fall?.how === "failed" && fall.turn !== undefined) scope.progress.tryAgain(fall.turn, host);
}

// As in Ansible: what goes into a rescue counts as rescued, and as failed only if the rescue fails too.
function countRescue({ progression }: PlayRun, host: string): void {
  const tally = tallyOf(progression, host);
  tally.rescued++;
  tally.failed = Math.max(0, tally.failed - 1);
}

/** Keeps what `rescue` and `always` may ask about: the task that failed, and what it gave. */
function tellOfFailures({ scope }: PlayRun, gone: Departures): void {
  for (const [host, { task, outcome }] of failedIn(gone)) {
    const name = nameOf(task);
    const module = moduleOf(task);
    const place = formatPlace(task.place);
    scope.variables.keep(host, {
      failed_task: { name, module, role: task.role?.name ?? null, place },
      failed_result: registeredValue(outcome),
    });
  }
}

function failedIn(gone: Departures): [string, Fall][] {
  return [...gone].filter(
    (entry): entry is [string, Fall] => entry[1].how === "failed" && entry[1].outcome.status === "failed",
  );
}

function leave(departure: Departure, hosts: ReadonlySet<string>, gone: Departures): void {
  for (const host of remaining(hosts, gone)) gone.set(host, departure);
}

/**
 * What ends the work of one host may end that of all: the end of the batch, and where no rescue can take the failure
 * back, any_errors_fatal and max_fail_percentage.
 */
function stopOfAll(run: PlayRun, left: Departures, { mayBeRescued }: Surrounding): Departure | undefined {
  const ending = [...left.values()].find((one) => one.how === "ended" && stopsAll(one));
  if (ending !== undefined) return ending;
  // No rescue takes back that a host was lost.
  const forGood = mayBeRescued ? new Map([...left].filter(([, one]) => isLost(one))) : left;
  const tooMany = noteFailed(run, forGood);
  return [...forGood.values()].find(stopsAll) ?? tooMany;
}

function isLost(departure: Departure): boolean {
  return departure.how === "failed" && departure.outcome.status !== "failed";
}
