import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../contract/errors.ts";
import type { CommandResult } from "../contract/host.ts";
import { cgroupDirectories, processesIn } from "./cgroup.ts";
import type { LabRole } from "./lab-hosts.ts";
import { labFiles } from "./paths.ts";
import { type CommandOptions, runCommand } from "./run-command.ts";
import { hostName, type LabState } from "./state.ts";

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
  const cgroups = (await cgroupDirectories(hostName(state.name, role))).map((each) => join(each, "entered"));
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

/** The process on this machine that is the host's process 1; undefined when the host is not running. */
export async function findLeader(state: LabState, role: LabRole): Promise<number | undefined> {
  for (const directory of await cgroupDirectories(hostName(state.name, role))) {
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
