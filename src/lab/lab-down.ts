import { rm } from "node:fs/promises";
import { join } from "node:path";
import { destroyCgroup, listCgroups } from "./cgroup.ts";
import { labRoles } from "./lab-hosts.ts";
import { mountsBelow, unmountBelow } from "./mounts.ts";
import { networkExists, removeNetwork } from "./network.ts";
import { forgetMachine } from "./nspawn.ts";
import { labCache } from "./paths.ts";
import { checkLabName, hostName, labPrefix, readLabState, removeLabState } from "./state.ts";

/**
 * Removes a lab: processes, mounts, network, cgroups, directory. Does what is left to do when a part of it is gone
 * already, or when the process that made the lab was killed half-way. Without such a lab it does nothing.
 */
export async function labDown(name: string, cache: string = labCache()): Promise<void> {
  checkLabName(name);
  const state = await readLabState(cache, name);
  const directory = state?.directory ?? join(cache, "labs", name);
  for (const role of labRoles) {
    await destroyCgroup(hostName(name, role));
    await forgetMachine(hostName(name, role));
  }
  await unmountBelow(directory);
  await removeNetwork(`${labPrefix}${name}`);
  await rm(directory, { recursive: true, force: true });
  await removeLabState(cache, name);
}

/** What exists of a lab on this machine outside of its directory, one phrase each; empty after `labDown`. */
export async function labRemains(name: string, directory: string): Promise<readonly string[]> {
  const cgroups = (await Promise.all(labRoles.map((role) => listCgroups(hostName(name, role))))).flat();
  return [
    ...cgroups.map((cgroup) => `cgroup ${cgroup}`),
    ...(await mountsBelow(directory)).map((path) => `mount ${path}`),
    ...(networkExists(`${labPrefix}${name}`) ? [`network namespace ${labPrefix}${name}`] : []),
  ];
}
