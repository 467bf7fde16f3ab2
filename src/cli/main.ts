import process from "node:process";
import { runCli } from "./run-cli.ts";

/** The program: runs the command line of this process and ends it with its exit code. */
export async function main(argv: readonly string[]): Promise<void> {
  const exitCode = await runCli({
    argv,
    // Node sets the stream up when it is first read, and most commands read nothing.
    get stdin() {
      return process.stdin;
    },
    stdout: process.stdout,
    stderr: process.stderr,
    environment: process.env,
    cwd: process.cwd(),
    signals: process,
  });
  // A connection or a terminal that is still held open must not keep a finished run on the screen.
  process.exit(exitCode);
}
