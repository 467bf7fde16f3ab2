import { randomBytes } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type { FollowOptions, JobHost, JobState } from "../contract/connection.ts";
import { CommandFailed, Failure, OutcomeUnknown, Unreachable } from "../contract/errors.ts";
import type { CommandResult, JobSpec, RunOptions } from "../contract/host.ts";
import type { CommandRunner } from "./command-runner.ts";
import { OutputTooLong, throwIfInterrupted } from "./errors.ts";
import {
  cancelJobScript,
  listJobsScript,
  pollJobScript,
  removeJobScript,
  startJobScript,
} from "./job-commands.ts";
import { jobScript } from "./job-script.ts";
import { LineSplitter } from "./lines.ts";
import { collectedBytesAtMost } from "./output-collector.ts";

/** Jobs of one host as one user. Everything about them is on the host, so any controller can follow them. */
export function hostJobs(runner: CommandRunner): JobHost {
  const script = (text: string, args: readonly string[], options: RunOptions = {}): Promise<CommandResult> =>
    runner.run(["/bin/sh", "-c", text, "sh", ...args], options, "repeatable");
  return {
    async startJob(id, spec) {
      const run = Buffer.from(jobScript(spec), "utf8");
      const stdin = spec.stdin ?? Buffer.alloc(0);
      const sizes = [String(run.length), String(stdin.length)];
      await script(startJobScript, [checkedId(id), ...sizes], { stdin: Buffer.concat([run, stdin]) });
    },
    followJob: (id, options) => followJob(runner.user.host, checkedId(id), script, options),
    lookAtJob: (id) => lookAtJob(runner.user.host, checkedId(id), script),
    async cancelJob(id) {
      await script(cancelJobScript, [checkedId(id)]);
    },
    async removeJob(id) {
      await script(removeJobScript, [checkedId(id)]);
    },
    async listJobs(prefix) {
      const { stdout } = await script(listJobsScript, [""]);
      const ids = stdout.toString("utf8").split("\n");
      return ids.filter((id) => id !== "" && !id.startsWith(".") && id.startsWith(prefix));
    },
  };
}

/** `runJob` of the contract: under a fresh id, started, followed and forgotten. */
export async function runJob(jobs: JobHost, spec: JobSpec, host: string): Promise<CommandResult> {
  const word = spec.name.replaceAll(/[^A-Za-z0-9]+/g, "-").replace(/^-+/, "") || "job";
  const id = `${word}-${randomBytes(6).toString("hex")}`;
  await jobs.startJob(id, spec);
  const result = await jobs.followJob(id, { onLine: spec.onLine });
  if (result === undefined) throw gone(id, host, "its directory has disappeared");
  await jobs.removeJob(id);
  const { accept = [0] } = spec;
  if (accept === "any" || accept.includes(result.exitCode)) return result;
  throw new CommandFailed(spec.argv, result, { host });
}

type RunScript = (text: string, args: readonly string[], options?: RunOptions) => Promise<CommandResult>;

interface Report {
  readonly state: string;
  readonly exitCode: number;
  readonly sizeBytes: number;
  /** Standard output and standard error, as they lie on the host. */
  readonly writtenBytes: number;
  readonly news: Buffer;
  /** The end of standard error, once the output has been told to its end. */
  readonly errors: Buffer;
}

/**
 * How long after the last look a job's output is looked at again: a fiftieth of its time later. Each look takes some processes on
 * the host, which the work shall not have to share it with. Its end is heard of at once.
 */
function pauseOf(ageMs: number): number {
  return Math.min(Math.max(ageMs / 50, 100), 500);
}

/** How long the host waits for something to tell. */
const lookMs = 1000;

async function followJob(
  host: string,
  id: string,
  script: RunScript,
  options: FollowOptions,
): Promise<CommandResult | undefined> {
  const { signal } = options;
  const output = new JobOutput(options.onLine);
  const since = Date.now();
  for (let hasSpoken = false; ; ) {
    const pauseMs = pauseOf(Date.now() - since);
    const looks = Math.ceil(lookMs / pauseMs);
    // It may speak all the time: then every look would end at once.
    const told = hasSpoken ? "later" : "now";
    const args = [id, String(output.sizeBytes), (pauseMs / 1000).toFixed(3), String(looks), told];
    const ask = (): Promise<CommandResult> => script(pollJobScript, args, { signal });
    const report = parseReport((await patiently(host, ask, options)).stdout);
    if (report.state === "none") return undefined;
    if (report.state === "lost") throw gone(id, host, "the host was restarted, or its process was killed");
    if (report.writtenBytes > writtenBytesAtMost) {
      await script(cancelJobScript, [id]);
      throw endless(id, host);
    }
    output.add(report.news);
    // What is left of a long text is fetched at once.
    hasSpoken = report.news.length > 0 && output.sizeBytes >= report.sizeBytes;
    if (report.state === "ended" && output.sizeBytes >= report.sizeBytes) {
      return { exitCode: report.exitCode, stdout: output.end(host), stderr: report.errors };
    }
  }
}

async function lookAtJob(host: string, id: string, script: RunScript): Promise<JobState | undefined> {
  const { state } = parseReport((await script(pollJobScript, [id, "0", "0", "0", "now"])).stdout);
  if (state === "none") return undefined;
  if (state !== "ended" && state !== "lost") return { isRunning: true };
  const result = await followJob(host, id, script, {});
  return result === undefined ? undefined : { isRunning: false, result };
}

/** Asks again and again while the host can't be reached, at most for `patienceMs`. */
async function patiently<T>(
  host: string,
  ask: () => Promise<T>,
  { patienceMs = 600_000, signal }: FollowOptions,
): Promise<T> {
  const since = Date.now();
  for (let pauseMs = 500; ; pauseMs = Math.min(pauseMs * 2, 10_000)) {
    try {
      return await ask();
    } catch (error) {
      const away = error instanceof Unreachable || error instanceof OutcomeUnknown;
      if (!away || Date.now() - since + pauseMs > patienceMs) throw error;
      await pause(pauseMs, host, signal);
    }
  }
}

async function pause(ms: number, host: string, signal: AbortSignal | undefined): Promise<void> {
  await wait(ms, undefined, signal === undefined ? {} : { signal }).catch(() => {});
  throwIfInterrupted(signal, host);
}

/** The output of a job as it comes in: handed on line by line, and kept up to the cap. */
class JobOutput {
  readonly #splitter: LineSplitter | undefined;
  #kept: Buffer[] = [];
  #keptBytes = 0;
  #sizeBytes = 0;

  constructor(onLine: ((line: string) => void) | undefined) {
    this.#splitter = onLine === undefined ? undefined : new LineSplitter(onLine);
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  add(news: Buffer): void {
    this.#splitter?.push(news);
    this.#sizeBytes += news.length;
    this.#keptBytes += news.length;
    this.#kept.push(news);
    while (this.#keptBytes > collectedBytesAtMost) this.#keptBytes -= this.#kept.shift()?.length ?? 0;
  }

  /** All of it; the last 16 MiB when the lines were handed on, an error when they were not. */
  end(host: string): Buffer {
    this.#splitter?.end();
    if (this.#splitter === undefined && this.#sizeBytes > this.#keptBytes) {
      throw new OutputTooLong(`the job wrote ${this.#sizeBytes} bytes, more than is collected`, {
        host,
        next: "Have it write to a file on the host, or read its lines as they come (onLine).",
      });
    }
    return Buffer.concat(this.#kept);
  }
}

function parseReport(printed: Buffer): Report {
  const lineEnd = printed.indexOf(10);
  const [state = "", code, size, errors, written] = printed.toString("latin1", 0, lineEnd).split(" ");
  const newsEnd = printed.length - Number(errors ?? 0);
  return {
    ...{ state, exitCode: Number(code), sizeBytes: Number(size), writtenBytes: Number(written ?? 0) },
    ...{ news: printed.subarray(lineEnd + 1, newsEnd), errors: printed.subarray(newsEnd) },
  };
}

/** It would fill the disk of its host, and no program has so much to say: another host may have it say that. */
const writtenBytesAtMost = 1024 ** 3;

function endless(id: string, host: string): OutputTooLong {
  const limit = `${writtenBytesAtMost / 1024 ** 3} GiB`;
  return new OutputTooLong(`the job ${id} on ${host} wrote more than ${limit} of output; it was ended`, {
    host,
    next: "Look there at the end of what it wrote (in mailferry/jobs), then run the stage again.",
  });
}

function gone(id: string, host: string, why: string): Failure {
  return new Failure("task-failed", `the job ${id} on ${host} is gone without an exit code: ${why}`, {
    host,
    next: "Run the stage again: it looks at what is there and goes on.",
  });
}

/** An id is a file's and a unit's name. */
function checkedId(id: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]{0,199}$/.test(id)) {
    throw new Failure("bad-input", `${JSON.stringify(id)} can't be a job's id`);
  }
  return id;
}
