import { chmod, mkdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { runCommand } from "./run-command.ts";

/** One line of /proc/self/mountinfo, as far as the lab needs it. */
export interface Mount {
  readonly path: string;
  readonly type: string;
  /** The options of the file system itself. */
  readonly options: readonly string[];
}

/** Reads the format of /proc/self/mountinfo (proc(5)); spaces and the like stand there as octal escapes. */
export function parseMounts(mountinfo: string): readonly Mount[] {
  return mountinfo
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [before = "", after = ""] = line.split(" - ");
      const [type = "", , options = ""] = after.split(" ");
      return { path: unescapeOctal(before.split(" ")[4] ?? ""), type, options: options.split(",") };
    });
}

/** The name under which /proc/self/mountinfo shows the overlays of labs. */
const overlaySource = "mailferry-lab";

/** What an overlay is made of. `lowers` are directories, the uppermost first. */
export interface Overlay {
  readonly lowers: readonly string[];
  readonly upper: string;
  readonly work: string;
  readonly target: string;
}

/**
 * Mounts an overlay. Renamed directories and hard links behave as on a plain file system: mail software renames and
 * links what may still lie in a lower layer.
 */
export async function mountOverlay({ lowers, upper, work, target }: Overlay): Promise<void> {
  for (const directory of [work, target]) await mkdir(directory, { recursive: true });
  await makeDirectory(upper);
  const options = [
    `lowerdir=${lowers.map(escapeColon).join(":")}`,
    `upperdir=${upper}`,
    `workdir=${work}`,
    "redirect_dir=on",
    "index=on",
  ];
  await share(dirname(target));
  const argv = ["mount", "-t", "overlay", overlaySource, "-o", options.join(","), target];
  // The kernel lets go of an unmounted layer only when the last namespace that knew it has gone.
  for (let attempt = 1; ; attempt++) {
    const { exitCode } = await runCommand(argv, { accept: attempt < 100 ? [0, mountFailed] : [0] });
    if (exitCode === 0) return;
    await pause(200);
  }
}

/** Told by mount(8) for every failure of the system call. */
const mountFailed = 32;

/**
 * Makes a directory a mount of its own whose changes reach the mount namespaces of other containers. They begin as a
 * copy of this machine's mounts; without this they would hold on to a layer long after it was unmounted here.
 */
export async function share(directory: string): Promise<void> {
  if ((await mountsBelow(directory)).includes(directory)) return;
  await runCommand(["mount", "--bind", directory, directory]);
  await runCommand(["mount", "--make-shared", directory]);
}

/** Makes a directory, with those above it, that everybody may look into, whatever this user's umask is. */
export async function makeDirectory(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true });
  if (first === undefined) return;
  for (let each = path; each.length >= first.length; each = dirname(each)) await chmod(each, 0o755);
}

/**
 * Unmounts everything at or below a directory, the deepest first; processes that still look into it don't stop it. While others mount
 * and unmount, the kernel's list may name a mount twice, or leave it out: it is read until it names none.
 */
export async function unmountBelow(directory: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const paths = await mountsBelow(directory);
    if (paths.length === 0) return;
    if (attempt > 100) throw new Error(`still mounted after ${attempt} attempts: ${paths.join(" ")}`);
    for (const path of paths.toReversed()) await unmount(path);
  }
}

async function unmount(path: string): Promise<void> {
  const { exitCode, stderr } = await runCommand(["umount", "--lazy", path], { accept: "any" });
  const told = stderr.toString().trim();
  if (exitCode !== 0 && !told.endsWith("not mounted.")) throw new Error(`${path} stays mounted: ${told}`);
}

/** Mount points at or below a directory, in the order they were mounted. */
export async function mountsBelow(directory: string): Promise<readonly string[]> {
  const mounts = parseMounts(await readFile("/proc/self/mountinfo", "utf8"));
  return mounts
    .map((mount) => mount.path)
    .filter((path) => path === directory || path.startsWith(join(directory, "/")));
}

function escapeColon(path: string): string {
  return path.replaceAll(":", "\\:");
}

function unescapeOctal(path: string): string {
  return path.replace(/\\(\d{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
