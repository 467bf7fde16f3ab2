import type { HostSpec, JobHost } from "../contract/connection.ts";
import type { HostFacts, HostWriter } from "../contract/host.ts";
import type { CommandRunner, LinkSource } from "./command-runner.ts";
import { readFile, readText, statFile, writeFile } from "./files.ts";
import { hostJobs, runJob } from "./jobs.ts";
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
  return {
    name: connection.spec.name,
    address: connection.spec.address,
    facts,
    probe: (argv, options = {}) => runner.run(argv, options, "repeatable"),
    run: (argv, options = {}) => runner.run(argv, options, "single"),
    stat: (path) => statFile(runner, path),
    readFile: (path) => readFile(runner, path),
    readText: (path) => readText(runner, path),
    writeFile: (path, content, options) => writeFile(runner, path, content, options),
    async openTunnel(address, port) {
      if (connection.kind === "local") return { host: address, port, close: async () => {} };
      return listenTunnel(async () => (await connection.link()).forward(address, port));
    },
    runJob: (spec) => runJob(jobs, spec, connection.spec.name),
    ...jobs,
  };
}
