import { spawn } from "node:child_process";
import { once } from "node:events";
import { CommandFailed, Failure } from "../contract/errors.ts";
import type { CommandResult } from "../contract/host.ts";

export interface CommandOptions {
  readonly stdin?: Buffer | string | undefined;
  readonly environment?: Readonly<Record<string, string>> | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Exit codes that are not an error; default `[0]`. `"any"` hands every code back. */
  readonly accept?: readonly number[] | "any" | undefined;
}

const signalNumbers: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };

/** Runs a program on this machine to its end. Throws CommandFailed for an exit code that `accept` doesn't name. */
export async function runCommand(
  argv: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const { signal, environment, stdin, accept = [0] } = options;
  const [program = "", ...args] = argv;
  const child = spawn(program, args, {
    env: { ...process.env, LC_ALL: "C.UTF-8", ...environment },
    ...(signal === undefined ? {} : { signal }),
  });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
  // A program that does not read its input is no fault: its exit code tells.
  child.stdin.on("error", () => {});
  child.stdin.end(stdin ?? "");
  const [code, killedBy] = await ended(child, program);
  const result: CommandResult = {
    exitCode: code ?? 128 + (signalNumbers[killedBy ?? ""] ?? 0),
    stdout: Buffer.concat(stdout),
    stderr: Buffer.concat(stderr),
  };
  if (accept !== "any" && !accept.includes(result.exitCode)) throw new CommandFailed(argv, result);
  return result;
}

async function ended(
  child: ReturnType<typeof spawn>,
  program: string,
): Promise<readonly [number | null, NodeJS.Signals | null]> {
  try {
    return (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
    throw new Failure("task-failed", `the program ${program} is not installed`, {
      next: "install the packages of scripts/lab-packages.txt",
      cause,
    });
  }
}
