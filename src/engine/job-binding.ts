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
    openTunnel: (address, port) => host.openTunnel(address, port),
    run: (argv, options) => host.run(argv, options),
    writeFile: (path, content, options) => host.writeFile(path, content, options),
    async runJob(spec) {
      const job = `${spec.name}-${randomBytes(6).toString("hex")}`;
      scope.record.add({ type: "job-started", task: job, host: host.name, job });
      await host.startJob(job, spec);
      const result = await collect(scope, host, job, { onLine: spec.onLine, signal });
      if (result === undefined) throw vanished(task, host.name);
      return judge(spec, result, host.name);
    },
  };
}

/**
 * Waits for the jobs that earlier controllers started and never collected. Their work goes on without
 * us; a second start beside them could do harm, and the stage's own tasks find out what they came to.
 */
export async function awaitOpenJobs(scope: RunScope): Promise<void> {
  for (const [key, job] of Object.entries(scope.record.state().openJobs)) {
    const host = await scope.hosts.reach(key.slice(key.lastIndexOf("@") + 1));
    scope.emit({
      type: "notice",
      host: host.name,
      text: `waiting for the job ${job} that an earlier run left at work`,
    });
    await collect(scope, host, job, { signal: scope.request.signal });
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
