import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Attempt } from "./site.ts";

/** What one run of a command took. */
export interface Reading {
  readonly wallSeconds: number;
  /** User and system time of the command and of all its children that it waited for. */
  readonly processorSeconds: number;
  /** The largest resident set of any one of its processes, in MiB. */
  readonly memoryMebibytes: number;
}

/** How long a single run may take before it counts as hung, where nothing else is said. */
const usualPatienceMs = 240_000;

/** Runs a command to its end under time(1). Throws with what it said when it fails. */
export async function measure(
  attempt: Attempt,
  directory: string,
  patienceMs = usualPatienceMs,
): Promise<Reading> {
  const figures = join(directory, "figures");
  const [program = "", ...argv] = attempt.argv;
  const child = spawn("/usr/bin/time", ["-f", "%e %U %S %M", "-o", figures, program, ...argv], {
    cwd: attempt.directory,
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C.UTF-8", ...attempt.environment },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const said: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => said.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => said.push(chunk));
  const timer = setTimeout(() => process.kill(-(child.pid ?? 0), "SIGKILL"), patienceMs);
  // A peer may leave a connection open behind it that holds the outputs: its end counts, not theirs.
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", resolve);
  });
  clearTimeout(timer);
  if (code !== 0) {
    const end = Buffer.concat(said).toString("utf8").slice(-3000);
    throw new Error(`${attempt.argv.join(" ")} ended with ${code}:\n${end}`);
  }
  const [wall, user, system, kilobytes] = readFileSync(figures, "utf8").trim().split(" ").map(Number);
  return {
    wallSeconds: wall ?? Number.NaN,
    processorSeconds: (user ?? Number.NaN) + (system ?? Number.NaN),
    memoryMebibytes: (kilobytes ?? Number.NaN) / 1024,
  };
}

/** The middle one of some numbers. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const lower = sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
  return (upper + lower) / 2;
}
