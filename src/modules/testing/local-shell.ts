import { spawnSync } from "node:child_process";
import type { FakeAnswer, FakeCall } from "./fake-host.ts";

/**
 * Runs a module's shell script for real, on this machine, with paths of the test's own. For scripts that only read, or
 * write below a test's directory.
 */
export function localShell(call: FakeCall): FakeAnswer {
  return run(call, systemPath);
}

/** The same, with the programs of a directory before those of the system. */
export function localShellWith(directory: string): (call: FakeCall) => FakeAnswer {
  return (call) => run(call, `${directory}:${systemPath}`);
}

/** The same, with no other programs than those of a directory. */
export function localShellOf(directory: string): (call: FakeCall) => FakeAnswer {
  return (call) => run(call, directory);
}

const systemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

function run({ argv, options }: FakeCall, path: string): FakeAnswer {
  const [program = "", ...words] = argv;
  const { status, signal, stdout, stderr } = spawnSync(program, words, {
    input: options.stdin ?? "",
    maxBuffer: 1 << 26,
    // Not C: scripts have to see to the names that are no UTF-8 themselves.
    env: { PATH: path, LC_ALL: "C.UTF-8", ...options.environment },
  });
  if (status === null) throw new Error(`${program} ended by ${signal}`);
  return { exitCode: status, stdout, stderr: stderr.toString("latin1") };
}
