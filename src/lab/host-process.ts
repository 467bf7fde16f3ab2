import { spawn } from "node:child_process";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { destroyCgroup, makeCgroup } from "./cgroup.ts";
import { mountDisk } from "./disk.ts";
import { findLeader, inHost } from "./enter-host.ts";
import { shortName } from "./host-files.ts";
import { type LabRole, labHosts } from "./lab-hosts.ts";
import { mountOverlay, unmountBelow } from "./mounts.ts";
import { bootArgv, forgetMachine, nspawnEnvironment } from "./nspawn.ts";
import { labFiles } from "./paths.ts";
import { hostName, type LabState } from "./state.ts";

/** Where a host's own things are: its mounted root, its writable layer, its console. */
export function hostDirectory(state: LabState, role: LabRole): string {
  return join(state.directory, "hosts", role);
}

/** The file that holds a host's own disk, in a lab whose hosts have one. */
export function diskImage(state: LabState, role: LabRole): string {
  return `${hostDirectory(state, role)}.img`;
}

/** Mounts the host's file system. Returns its root. */
export async function mountHost(state: LabState, role: LabRole): Promise<string> {
  const directory = hostDirectory(state, role);
  if (state.ownDisks === true) await mountDisk(diskImage(state, role), directory);
  const root = join(directory, "root");
  const upper = join(directory, "upper");
  await mountOverlay({ lowers: state.layers[role], upper, work: join(directory, "work"), target: root });
  return root;
}

/** Starts the host as a process of its own that outlives this one. Its root must be mounted. */
export async function startHost(state: LabState, role: LabRole): Promise<void> {
  const directory = hostDirectory(state, role);
  const cgroups = await makeCgroup(hostName(state.name, role));
  const argv = bootArgv({
    namespace: state.namespace,
    machine: hostName(state.name, role),
    hostname: shortName(labHosts[role]),
    root: join(directory, "root"),
  });
  const console = await open(join(directory, "console.log"), "a");
  const child = spawn(join(labFiles(), "launch.sh"), [...cgroups, "--", ...argv], {
    detached: true,
    stdio: ["ignore", console.fd, console.fd],
    env: { ...process.env, ...nspawnEnvironment },
  });
  await new Promise((resolve, reject) => child.once("spawn", resolve).once("error", reject));
  child.unref();
  await console.close();
}

/** Ends the host at once, as pulling the plug does, and unmounts it. */
export async function killHost(state: LabState, role: LabRole): Promise<void> {
  await destroyCgroup(hostName(state.name, role));
  await forgetMachine(hostName(state.name, role));
  await unmountBelow(hostDirectory(state, role));
}

/** Shuts the host down in order and unmounts it. */
export async function stopHost(state: LabState, role: LabRole): Promise<void> {
  await inHost(state, role, ["systemctl", "poweroff"], { accept: "any" });
  const deadline = Date.now() + 60_000;
  while ((await findLeader(state, role)) !== undefined && Date.now() < deadline) await pause(100);
  await killHost(state, role);
}
