import { randomBytes } from "node:crypto";
import { CommandFailed, Failure } from "../contract/errors.ts";
import type { CommandResult, HostWriter, JobSpec } from "../contract/host.ts";
import type { ConnectedHost } from "./hosts.ts";
import type { RunScope } from "./scope.ts";

/** Gives a task's host jobs that the journal knows of, so that a later controller finds what a killed one left behind. */
export function bindJobs(
  scope: RunScope,
  host: ConnectedHost,
  task: string,
  signal: AbortSignal,
): HostWriter {
  return {
    name: host.name,
    address: host.address,
    facts: host.facts,
    probe: (argv, options) => host.probe(argv, options),
    stat: (path) => host.stat(path),
    readFile: (path) => host.readFile(path),
    readText: (path) => host.readText(path),
    lookAt: (path) => host.lookAt(path),
    gatherFacts: () => host.gatherFacts(),
    openTunnel: (address, port) => host.openTunnel(address, port),
    run: (argv, options) => host.run(argv, options),
    writeFile: (path, content, options) => host.writeFile(path, content, options),
    async runJob(spec) {
      const job = `${spec.name}-${randomBytes(6).toString("hex")}`;
      const { user } = host.facts;
      const ending = spec.endsWithRun === true ? { endsWithRun: true } : {};
      scope.record.add({ type: "job-started", task: job, host: host.name, job, user, ...ending });
      await host.startJob(job, spec);
      const follow = () => collect(scope, host, job, { onLine: spec.onLine, signal });
      const result =
        spec.endsWithRun === true ? await orEnd(scope, host, job, signal, follow) : await follow();
      if (result === undefined) throw vanished(task, host.name);
      return judge(spec, result, host.name);
    },
  };
}

/** Waits for a job that ends with its run: once that is stopped at once, the job is ended, where its host can be reached. */
export async function orEnd<T>(
  scope: RunScope,
  host: ConnectedHost,
  job: string,
  signal: AbortSignal,
  follow: () => Promise<T>,
): Promise<T> {
  try {
    return await follow();
  } catch (error) {
    if (signal.aborted) await endNow(scope, host, job);
    throw error;
  }
}

async function endNow(scope: RunScope, host: ConnectedHost, job: string): Promise<void> {
  try {
    await host.cancelJob(job);
    await host.removeJob(job);
    scope.record.add({ type: "job-collected", task: job, host: host.name, job });
    const text = `the job ${job} was ended where it was: the next run does what is left`;
    scope.emit({ type: "notice", host: host.name, text });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const text = `the job ${job} could not be ended, and goes on: ${error.message}`;
    scope.emit({ type: "notice", host: host.name, text });
  }
}

async function collect(
  scope: RunScope,
  host: ConnectedHost,
  job: string,
  options: Parameters<ConnectedHost["followJob"]>[1],
): Promise<CommandResult | undefined> {
  const result = await host.followJob(job, options);
  await host.removeJob(job);
  scope.record.add({ type: "job-collected", task: job, host: host.name, job });
  return result;
}

function judge(spec: JobSpec, result: CommandResult, host: string): CommandResult {
  const accept = spec.accept ?? [0];
  if (accept === "any" || accept.includes(result.exitCode)) return result;
  throw new CommandFailed(spec.argv, result, { host });
}

function vanished(task: string, host: string): Failure {
  return new Failure(
    "task-failed",
    `the job of "${task}" is gone from ${host}, and nobody knows how it ended`,
    {
      host,
      next: "Run the stage again: it looks at what is there and goes on.",
    },
  );
}
