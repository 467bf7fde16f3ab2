import { rm } from "node:fs/promises";
import { join } from "node:path";
import { unmountBelow } from "./mounts.ts";
import { labFiles } from "./paths.ts";

/**
 * Newer systemd needs the unified cgroup hierarchy inside, also where the machine has the hybrid one.
 * Every root directory here has one user, and its lock file would outlive a host that is killed.
 */
export const nspawnEnvironment = { SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: "1", SYSTEMD_NSPAWN_LOCK: "0" };

/** Removes what systemd-nspawn leaves in /run when it is killed. */
export async function forgetMachine(machine: string): Promise<void> {
  for (const kind of ["propagate", "unix-export"]) {
    const directory = join("/run/systemd/nspawn", kind, machine);
    await unmountBelow(directory);
    await rm(directory, { recursive: true, force: true });
  }
}

/** Nothing is registered with systemd-machined, so a lab runs on machines without systemd as process 1 too. */
const common = [
  "systemd-nspawn",
  "--quiet",
  "--register=no",
  "--keep-unit",
  "--resolv-conf=off",
  "--timezone=off",
  "--link-journal=no",
];

/** Boots a host from its root directory in the network namespace, on the bridge `br0`. */
export function bootArgv(options: {
  readonly namespace: string;
  readonly machine: string;
  readonly hostname: string;
  readonly root: string;
}): readonly string[] {
  return [
    // Not `ip netns exec`: that would mount another /sys and hide the cgroups.
    "nsenter",
    `--net=/run/netns/${options.namespace}`,
    ...common,
    "--boot",
    "--network-bridge=br0",
    `--machine=${options.machine}`,
    `--hostname=${options.hostname}`,
    `--directory=${options.root}`,
  ];
}

/** Runs an image's provision script in a root directory, without a network. */
export function provisionArgv(image: string, root: string, machine: string): readonly string[] {
  return [
    ...common,
    "--as-pid2",
    // The script's errors stay apart from its output.
    "--console=pipe",
    "--private-network",
    `--machine=${machine}`,
    `--directory=${root}`,
    `--bind-ro=${labFiles()}:/mnt`,
    "/bin/sh",
    `/mnt/${image}/provision.sh`,
    "/mnt",
  ];
}
