import { execFile } from "node:child_process";
import { Failure } from "../contract/errors.ts";

/** Environment variables as Node hands them out. */
export type Environment = Readonly<Record<string, string | undefined>>;

export interface ProgramResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one of OpenSSH's programs on this machine. Throws Failure when it isn't installed or takes longer than 10 s. */
export function runOpenSsh(
  program: "ssh" | "ssh-keygen",
  argv: readonly string[],
  environment: Environment,
): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    const options = { env: { ...environment, LC_ALL: "C" }, timeout: 10_000, maxBuffer: 4 * 1024 * 1024 };
    const child = execFile(program, argv, options, (error, stdout, stderr) => {
      if (error === null) return resolve({ exitCode: 0, stdout, stderr });
      if (typeof error.code === "number") return resolve({ exitCode: error.code, stdout, stderr });
      reject(programFailure(program, error));
    });
    child.stdin?.end();
  });
}

function programFailure(
  program: string,
  error: { readonly code?: unknown; readonly message: string },
): Failure {
  if (error.code === "ENOENT") {
    return new Failure("bad-input", `there is no ${program} on this machine`, {
      next: "Install OpenSSH's client: apt-get install openssh-client",
      cause: error,
    });
  }
  return new Failure("task-failed", `${program} failed on this machine: ${error.message}`, { cause: error });
}
