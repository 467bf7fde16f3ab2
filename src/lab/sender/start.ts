import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { entryFile } from "./entry-file.ts";
import type { SenderTally } from "./events.ts";
import { completeOptions, type SenderOptions } from "./options.ts";

/** A sender in a process of its own. */
export interface SenderProcess {
  readonly pid: number;
  /** The log that `readSenderLog` reads, also while the sender runs. */
  readonly log: string;
  /** As of the last second. */
  tally(): SenderTally;
  /** No new mails, queue emptied within the drain time; resolves with the final tally. */
  stop(): Promise<SenderTally>;
  /** Ends it at once; the log stays good. */
  kill(): Promise<void>;
}

/**
 * Starts a sender. `inNamespace` turns an argv into one that runs inside the lab's network;
 * options and log are kept in `directory` under the run's name.
 */
export async function startSender(
  options: SenderOptions,
  place: { readonly directory: string; readonly inNamespace: (argv: readonly string[]) => readonly string[] },
): Promise<SenderProcess> {
  completeOptions(options);
  await mkdir(place.directory, { recursive: true });
  const optionsFile = join(place.directory, `${options.run}.json`);
  const log = join(place.directory, `${options.run}.jsonl`);
  await writeFile(optionsFile, JSON.stringify(options));
  const main = entryFile(import.meta.url, "main");
  const [program = "", ...argv] = place.inNamespace([process.execPath, main, optionsFile, log]);
  const child = spawn(program, argv, { stdio: ["ignore", "pipe", "pipe"] });
  return watch(child, options.run, log);
}

async function watch(child: ChildProcess, run: string, log: string): Promise<SenderProcess> {
  let last: SenderTally = { queued: 0, accepted: 0, refused: 0, unknown: 0, waiting: 0, deferrals: 0 };
  let complaint = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(-4000);
  });
  if (child.stdout === null) throw new Error("the sender has no standard output");
  const lines = createInterface({ input: child.stdout });
  lines.on("line", (line) => {
    last = JSON.parse(line) as SenderTally;
  });
  const closed = once(child, "close") as Promise<[number | null, NodeJS.Signals | null]>;
  // A process that could not be started is told by `stop`, too.
  closed.catch(() => {});
  const pid = await started(child);
  return {
    pid,
    log,
    tally: () => last,
    stop: async () => {
      child.kill("SIGTERM");
      const [code] = await closed;
      if (code !== 0) throw new Error(`sender ${run} ended with ${code}: ${complaint.trim()}`);
      return last;
    },
    kill: async () => {
      child.kill("SIGKILL");
      await closed;
    },
  };
}

async function started(child: ChildProcess): Promise<number> {
  await once(child, "spawn");
  if (child.pid === undefined) throw new Error("the sender did not start");
  return child.pid;
}
