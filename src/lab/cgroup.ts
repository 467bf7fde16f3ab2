import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parseMounts } from "./mounts.ts";

/**
 * Mount points of the hierarchies a host needs a cgroup in: `unified` and, on a hybrid machine, the named `systemd` one.
 */
export function hierarchies(mountinfo: string): readonly string[] {
  return parseMounts(mountinfo)
    .filter(
      (mount) =>
        mount.type === "cgroup2" || (mount.type === "cgroup" && mount.options.includes("name=systemd")),
    )
    .map((mount) => mount.path);
}

/** Directories of the cgroup called `name`, one in each hierarchy of this machine, whether they exist or not. */
export async function cgroupDirectories(name: string): Promise<readonly string[]> {
  const roots = hierarchies(await readFile("/proc/self/mountinfo", "utf8"));
  return roots.map((root) => join(root, name));
}

/** Names of this machine's cgroups that begin with `prefix`. */
export async function listCgroups(prefix: string): Promise<readonly string[]> {
  const names = new Set<string>();
  for (const root of hierarchies(await readFile("/proc/self/mountinfo", "utf8"))) {
    for (const name of await readdir(root)) if (name.startsWith(prefix)) names.add(name);
  }
  return [...names].sort();
}

/** Makes the cgroup with the children that commands entered from outside go to. Returns its directories. */
export async function makeCgroup(name: string): Promise<readonly string[]> {
  const directories = await cgroupDirectories(name);
  for (const directory of directories) await mkdir(join(directory, "entered"), { recursive: true });
  return directories;
}

/** Ids of all processes in a cgroup directory and below it. */
export async function processesIn(directory: string): Promise<readonly number[]> {
  const found = new Set<number>();
  for (const each of await descendants(directory)) {
    const text = await readFile(join(each, "cgroup.procs"), "utf8").catch(ignoreVanished);
    for (const line of text?.split("\n") ?? []) if (line !== "") found.add(Number(line));
  }
  return [...found];
}

/** Kills every process of the cgroup and removes it, in all hierarchies. */
export async function destroyCgroup(name: string): Promise<void> {
  const directories = (await cgroupDirectories(name)).filter((directory) => existsSync(directory));
  await emptyCgroup(directories);
  for (const directory of directories) {
    for (const each of (await descendants(directory)).reverse()) await rmdir(each).catch(ignoreVanished);
  }
}

async function emptyCgroup(directories: readonly string[]): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const processes = (await Promise.all(directories.map(processesIn))).flat().filter((id) => id > 0);
    if (processes.length === 0) return;
    if (Date.now() > deadline) throw new Error(`processes ${processes.join(" ")} can't be killed`);
    for (const id of new Set(processes)) kill(id);
    await pause(50);
  }
}

function kill(id: number): void {
  try {
    process.kill(id, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** The directory and all below it, parents first. */
async function descendants(directory: string): Promise<string[]> {
  const entries = (await readdir(directory, { withFileTypes: true }).catch(ignoreVanished)) ?? [];
  const children = entries.filter((entry) => entry.isDirectory()).map((entry) => join(directory, entry.name));
  const below = await Promise.all(children.map(descendants));
  return [directory, ...below.flat()];
}

/** A cgroup may go away while we look: its last process ended. */
function ignoreVanished(error: NodeJS.ErrnoException): undefined {
  if (error.code === "ENOENT" || error.code === "ENODEV") return undefined;
  throw error;
}
