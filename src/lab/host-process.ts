import { spawn } from "node:child_process";
import { mkdir, open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Failure } from "../contract/errors.ts";
import type { CommandResult } from "../contract/host.ts";
import { cgroupDirectories, destroyCgroup, makeCgroup, processesIn } from "./cgroup.ts";
import { shortName } from "./host-files.ts";
import { type LabRole, labHosts } from "./lab-hosts.ts";
import { mountOverlay, unmountBelow } from "./mounts.ts";
import { bootArgv, nspawnEnvironment } from "./nspawn.ts";
import { labFiles } from "./paths.ts";
import { type CommandOptions, runCommand } from "./run-command.ts";
import type { LabState } from "./state.ts";

/** How long a host may take to boot, in milliseconds; a busy machine is slow. */
const bootTimeoutMs = 180_000;

const failedUnits = "failed units: ";

/** Where a host's own things are: its mounted root, its writable layer, its console. */
export function hostDirectory(state: LabState, role: LabRole): string {
  return join(state.directory, "hosts", role);
}

/** Mounts the host's file system. Returns its root. */
export async function mountHost(state: LabState, role: LabRole): Promise<string> {
  const directory = hostDirectory(state, role);
  const root = join(directory, "root");
  const upper = join(directory, "upper");
  await mkdir(upper, { recursive: true, mode: 0o755 });
  await mountOverlay({ lowers: state.layers[role], upper, work: join(directory, "work"), target: root });
  return root;
}

/** Starts the host as a process of its own that outlives this one. Its root must be mounted. */
export async function startHost(state: LabState, role: LabRole): Promise<void> {
  const directory = hostDirectory(state, role);
  const cgroups = await makeCgroup(cgroupName(state, role));
  const argv = bootArgv({
    namespace: state.namespace,
    machine: cgroupName(state, role),
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

/** Waits until all of the host's services run and its ports are open. `exceptLeader` is a first process that is on its way out. */
export async function waitForBoot(
  state: LabState,
  role: LabRole,
  options: { readonly exceptLeader?: number | undefined; readonly signal?: AbortSignal | undefined } = {},
): Promise<void> {
  const deadline = Date.now() + bootTimeoutMs;
  let seen = "it has no first process";
  while (Date.now() < deadline) {
    const leader = await findLeader(state, role);
    if (leader !== undefined && leader !== options.exceptLeader) {
      const problem = await whatIsMissing(state, role);
      if (problem === undefined) return;
      seen = problem;
      if (seen.startsWith(failedUnits)) break;
    }
    await pause(150, undefined, options.signal === undefined ? {} : { signal: options.signal });
  }
  throw new Failure("task-failed", `the lab's host ${role} does not come up: ${seen}`, {
    next: `see ${join(hostDirectory(state, role), "console.log")}`,
  });
}

/** What the host still lacks to be up, as a phrase; undefined when it is up. */
export async function whatIsMissing(state: LabState, role: LabRole): Promise<string | undefined> {
  const system = await inHost(state, role, ["systemctl", "is-system-running", "--wait"], { accept: "any" });
  const word = system.stdout.toString("utf8").trim();
  if (word === "degraded") {
    const units = await inHost(state, role, ["systemctl", "--failed", "--plain", "--no-legend"], {
      accept: "any",
    });
    return `${failedUnits}${units.stdout.toString("utf8").trim().replaceAll("\n", "; ")}`;
  }
  if (word !== "running") return `the system is ${word === "" ? "not answering" : word}`;
  return whatIsIdle(state, role);
}

/** Compares what runs and listens with what the role says, as a phrase about the difference. */
async function whatIsIdle(state: LabState, role: LabRole): Promise<string | undefined> {
  const { units, ports } = labHosts[role];
  const active = await inHost(state, role, ["systemctl", "is-active", ...units], { accept: "any" });
  const words = active.stdout.toString("utf8").split("\n");
  const idle = units.filter((_, index) => words[index] !== "active");
  if (idle.length > 0) return `units not active: ${idle.join(", ")}`;
  const listening = (await inHost(state, role, ["ss", "-Hltn"])).stdout.toString("utf8");
  const closed = ports.filter((port) => !new RegExp(`:${port}\\s`).test(listening));
  return closed.length === 0 ? undefined : `ports not open: ${closed.join(", ")}`;
}

/** Runs a command inside the host, as root, by its namespaces: it works with the network cut, too. */
export async function inHost(
  state: LabState,
  role: LabRole,
  argv: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  return runCommand(await enterArgv(state, role, argv), options);
}

/** The argv that runs `argv` inside the host. The environment is the host's, not this machine's. */
export async function enterArgv(
  state: LabState,
  role: LabRole,
  argv: readonly string[],
): Promise<readonly string[]> {
  const leader = await findLeader(state, role);
  if (leader === undefined) {
    throw new Failure("unreachable", `the host ${role} of lab ${state.name} is not running`, {
      host: role,
      next: `mailferry lab status ${state.name}`,
    });
  }
  const cgroups = (await cgroupDirectories(cgroupName(state, role))).map((each) => join(each, "entered"));
  const environment = [
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME=/root",
    "USER=root",
    "LANG=C.UTF-8",
    `TERM=${process.env.TERM ?? "dumb"}`,
  ];
  return [
    join(labFiles(), "enter.sh"),
    ...cgroups,
    "--",
    String(leader),
    "/usr/bin/env",
    "-i",
    ...environment,
    ...argv,
  ];
}

/** Ends the host at once, as pulling the plug does, and unmounts it. */
export async function killHost(state: LabState, role: LabRole): Promise<void> {
  await destroyCgroup(cgroupName(state, role));
  await unmountBelow(hostDirectory(state, role));
}

/** Shuts the host down in order and unmounts it. */
export async function stopHost(state: LabState, role: LabRole): Promise<void> {
  await inHost(state, role, ["systemctl", "poweroff"], { accept: "any" });
  const deadline = Date.now() + 60_000;
  while ((await findLeader(state, role)) !== undefined && Date.now() < deadline) await pause(100);
  await killHost(state, role);
}

/** The process on this machine that is the host's process 1; undefined when the host is not running. */
export async function findLeader(state: LabState, role: LabRole): Promise<number | undefined> {
  for (const directory of await cgroupDirectories(cgroupName(state, role))) {
    for (const id of await processesIn(join(directory, "payload"))) {
      if (await isFirstProcess(id)) return id;
    }
  }
  return undefined;
}

/** The last of a process's ids is the one in its own namespace. */
async function isFirstProcess(id: number): Promise<boolean> {
  const status = await readFile(`/proc/${id}/status`, "utf8").catch(() => "");
  const ids = /^NSpid:\s+(.*)$/m.exec(status)?.[1]?.trim().split(/\s+/) ?? [];
  return ids.length > 1 && ids.at(-1) === "1" && !/^State:\s+Z/m.test(status);
}

/** Also the machine's name. */
function cgroupName(state: LabState, role: LabRole): string {
  return `${state.namespace}-${role}`;
}
