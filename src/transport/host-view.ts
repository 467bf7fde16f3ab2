import type { HostSpec, JobHost } from "../contract/connection.ts";
import type { HostFacts, HostWriter } from "../contract/host.ts";
import type { CommandRunner, LinkSource } from "./command-runner.ts";
import { gatherFacts } from "./facts.ts";
import { lookAtEntry, readFile, readText, statFile, writeFile } from "./files.ts";
import { hostJobs, runJob } from "./jobs.ts";
import { ReadBatch } from "./read-batch.ts";
import { listenTunnel } from "./tunnel.ts";

/** The connection that a view belongs to. */
export interface ViewedConnection extends LinkSource {
  readonly spec: HostSpec;
  readonly kind: HostSpec["connection"];
}

/** A host as one user sees and changes it. */
export function hostView(
  connection: ViewedConnection,
  runner: CommandRunner,
  facts: HostFacts,
): HostWriter & JobHost {
  const jobs = hostJobs(runner);
  const reads = new ReadBatch(runner);
  const { name } = connection.spec;
  return {
    name,
    address: connection.spec.address,
    facts,
    probe: (argv, options = {}) => runner.run(argv, options, "repeatable"),
    run: (argv, options = {}) => runner.run(argv, options, "single"),
    stat: (path) => statFile(reads, path, name),
    readFile: (path) => readFile(reads, path, name),
    readText: (path) => readText(reads, path, name),
    lookAt: (path) => lookAtEntry(reads, path, name),
    writeFile: (path, content, options) => writeFile(runner, path, content, options),
    gatherFacts: async () => (await gatherFacts(runner)).facts,
    async openTunnel(address, port) {
      if (connection.kind === "local") return { host: address, port, close: async () => {} };
      return listenTunnel(async () => (await connection.link()).forward(address, port));
    },
    runJob: (spec) => runJob(jobs, spec, name),
    ...jobs,
  };
}
