import { lockHost } from "./host-lock.ts";
import type { ConnectedHost } from "./hosts.ts";
import { describeHolder, lockStateDirectory } from "./lock.ts";
import type { RunRequest } from "./request.ts";
import type { RunScope } from "./scope.ts";
import { requireTwoMachines } from "./two-machines.ts";

/** Takes the lock of the state directory; gives back how to release it. Check mode writes nothing, a lock neither. */
export function lockState(request: RunRequest): () => void {
  if (request.checkMode) return () => undefined;
  const holder = describeHolder(request.operator, request.migration, new Date());
  return lockStateDirectory(request.stateDirectory, holder, request.breakLock);
}

/** Both sides are locked for as long as the work takes. */
export async function withLockedHosts<T>(scope: RunScope, work: () => Promise<T>): Promise<T> {
  const { request } = scope;
  if (request.checkMode) return work();
  const { groups } = request.inventory;
  const holder = describeHolder(request.operator, request.migration, scope.now());
  const releases: (() => Promise<void>)[] = [];
  try {
    const old = await reachAll(scope, groups.get("old"));
    const fresh = await reachAll(scope, groups.get("new"));
    requireTwoMachines(old, fresh);
    for (const host of [...old, ...fresh]) releases.push(await lockHost(host, holder, request.breakLock));
    return await work();
  } finally {
    await Promise.allSettled(releases.map((release) => release()));
  }
}

async function reachAll(scope: RunScope, names: readonly string[] = []): Promise<ConnectedHost[]> {
  const hosts: ConnectedHost[] = [];
  for (const name of names) hosts.push(await scope.hosts.reach(name));
  return hosts;
}
