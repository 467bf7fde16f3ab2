import { Failure } from "../contract/errors.ts";
import { lockHost, releaseHost } from "./host-lock.ts";
import type { ConnectedHost } from "./hosts.ts";
import { describeHolder, type LockHolder, lockStateDirectory } from "./lock.ts";
import type { RunRequest } from "./request.ts";
import type { RunScope } from "./scope.ts";
import { requireTwoMachines } from "./two-machines.ts";

/** Takes the lock of the state directory; gives back how to release it. Check mode writes nothing, a lock neither. */
export function lockState(request: RunRequest): () => void {
  if (request.checkMode) return () => undefined;
  const holder = describeHolder(request.operator, request.migration, new Date());
  return lockStateDirectory(request.stateDirectory, holder, request.breakLock);
}

/** What was done while both sides were locked. */
export interface DoneLocked<T> {
  readonly done: T;
  /** Locks that nobody knows to be off their hosts again. */
  readonly left: readonly Failure[];
}

/** Both sides are locked for as long as the work takes. */
export async function withLockedHosts<T>(scope: RunScope, work: () => Promise<T>): Promise<DoneLocked<T>> {
  const { request } = scope;
  if (request.checkMode) return { done: await work(), left: [] };
  const { groups } = request.inventory;
  const holder = describeHolder(request.operator, request.migration, scope.now());
  const locked: ConnectedHost[] = [];
  let left: readonly Failure[] = [];
  let done: T;
  try {
    const old = await reachAll(scope, groups.get("old"));
    const fresh = await reachAll(scope, groups.get("new"));
    requireTwoMachines(old, fresh);
    for (const host of [...old, ...fresh]) {
      // Before it is asked for: where the link is lost meanwhile it may be there all the same.
      locked.push(host);
      await lockHost(host, holder, request.breakLock);
    }
    done = await work();
  } finally {
    left = await releaseAll(scope, locked, holder);
  }
  return { done, left };
}

async function releaseAll(
  scope: RunScope,
  hosts: readonly ConnectedHost[],
  holder: LockHolder,
): Promise<readonly Failure[]> {
  const released = await Promise.allSettled(hosts.map((host) => releaseHost(host, holder)));
  return released.flatMap((one) => {
    if (one.status === "fulfilled") return [];
    if (!(one.reason instanceof Failure)) throw one.reason;
    const { host, message, next } = one.reason;
    scope.emit({ type: "notice", host, text: [message, next].filter(Boolean).join(". ") });
    return [one.reason];
  });
}

async function reachAll(scope: RunScope, names: readonly string[] = []): Promise<ConnectedHost[]> {
  const hosts: ConnectedHost[] = [];
  for (const name of names) hosts.push(await scope.hosts.reach(name));
  return hosts;
}
