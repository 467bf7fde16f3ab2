import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import type { Fault } from "../fault.ts";
import { domainWords } from "../operator.ts";

const run = promisify(execFile);

/** Nothing more can be written where the journal is. The soak keeps the state on a small file system of its own. */
export const fullState: Fault = {
  name: "state directory full",
  strike: async ({ stage, random }) => {
    const filler = join(dirname(stage.rehearsal.stateDirectory), "filler");
    // dd ends with an error when the file system is full, which is what is wanted here.
    await run("dd", ["if=/dev/zero", `of=${filler}`, "bs=64k"]).catch(() => undefined);
    await pause(random.integer(1, 10) * 1000);
    await rm(filler);
  },
};

/** A file system that went read-only after an error. */
export const readOnlyState: Fault = {
  name: "state directory read-only",
  strike: async ({ stage, random }) => {
    const directory = stage.rehearsal.stateDirectory;
    if (!existsSync(directory)) return;
    await run("chattr", ["-R", "+i", directory]);
    await pause(random.integer(1, 10) * 1000);
    await run("chattr", ["-R", "-i", directory]);
  },
};

/** A colleague starts the same move from a machine of theirs. */
export const secondController: Fault = {
  name: "a second controller",
  strike: async ({ stage, domains, random }) => {
    const other = await stage.otherOperator();
    const stages = ["preflight", "prepare", "hot-copy", "cutover", "verify", "finish"];
    const ran = await other.stage(random.pick(stages), domainWords(domains));
    // Done, failed at a requirement, or refused: whatever it is, it must have been able to say.
    if (ran.exitCode > 5) throw new Error(`the second controller broke: ${ran.stdout}\n${ran.stderr}`);
  },
};
