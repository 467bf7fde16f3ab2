import { execFile } from "node:child_process";
import { rm, statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { eitherHost, type Fault } from "../fault.ts";

const run = promisify(execFile);

/** Something else takes all the room on a host's disk; somebody makes room again. */
export const fullDisk: Fault = {
  name: "a host's disk full",
  strike: async (scene) => {
    const disk = dirname(eitherHost(scene).root);
    const filler = join(disk, "filler");
    const { bavail, bsize } = await statfs(disk);
    // Both end with an error when the last block is taken, which is what is wanted here.
    await run("fallocate", ["-l", String(bavail * bsize), filler]).catch(() => undefined);
    await run("dd", ["if=/dev/zero", `of=${filler}-2`, "bs=4k"]).catch(() => undefined);
    await pause(scene.random.integer(1, 20) * 1000);
    await rm(filler, { force: true });
    await rm(`${filler}-2`, { force: true });
  },
};

/** Room there is, but no file can be made any more. */
export const noInodes: Fault = {
  name: "a host's inodes used up",
  strike: async (scene) => {
    const disk = dirname(eitherHost(scene).root);
    const crowd = join(disk, "crowd");
    const { ffree } = await statfs(disk);
    // The files that are too many end it with an error.
    const script = 'mkdir "$1" && cd "$1" && seq "$2" | xargs touch';
    await run("sh", ["-c", script, "sh", crowd, String(ffree + 100)]).catch(() => undefined);
    await pause(scene.random.integer(1, 20) * 1000);
    await rm(crowd, { recursive: true });
  },
};
