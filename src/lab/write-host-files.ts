import { rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { HostFile } from "./host-files.ts";
import { makeDirectory } from "./mounts.ts";
import { runCommand } from "./run-command.ts";

/** Writes files into the root of a host that has not booted yet. What is there under their names is replaced. */
export async function writeHostFiles(root: string, files: readonly HostFile[]): Promise<void> {
  for (const { path, content, mode = 0o644, owner } of files) {
    const target = join(root, path);
    await makeDirectory(dirname(target));
    await rm(target, { force: true });
    await writeFile(target, content, { mode });
    await runCommand(["chmod", mode.toString(8), target]);
    if (owner === undefined) continue;
    // The name has to be looked up in the host's own passwd.
    await runCommand(["chroot", root, "chown", owner, path, dirname(path)]);
  }
}
