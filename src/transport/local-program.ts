import { Failure } from "../contract/errors.ts";
import { CommandRunner } from "./command-runner.ts";
import { KeptShells } from "./kept-shells.ts";
import { LocalLink } from "./local-link.ts";

/** Environment variables as Node hands them out. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What one of OpenSSH's programs left behind. */
export interface ProgramResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one of OpenSSH's programs on this machine. Throws Failure when it isn't installed or takes longer than 10 s. */
export type RunOpenSsh = (program: "ssh" | "ssh-keygen", argv: readonly string[]) => Promise<ProgramResult>;

/**
 * Runs them one after the other in one shell, which stays for the next host's questions: to start a process costs this
 * program itself many times what it costs a small shell, and nothing else goes on meanwhile.
 */
export function openSshPrograms(environment: Environment): RunOpenSsh {
  const link = new LocalLink(environment);
  const kept = new KeptShells();
  const user = { host: "control", loginUser: undefined, become: undefined };
  const runner = new CommandRunner({ link: async () => link, kept }, user, patienceMs);
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  let idle: NodeJS.Timeout | undefined;

  async function run(program: string, argv: readonly string[]): Promise<ProgramResult> {
    const options = { accept: "any", environment: { LC_ALL: "C" } } as const;
    const { exitCode, stdout, stderr } = await runner
      .run([program, ...argv], options, "repeatable")
      .catch((cause: Error) => {
        throw new Failure("task-failed", `${program} failed on this machine: ${cause.message}`, { cause });
      });
    if (exitCode === notFound) throw missing(program);
    return { exitCode, stdout: stdout.toString("utf8"), stderr: stderr.toString("utf8") };
  }

  return (program, argv) => {
    clearTimeout(idle);
    waiting += 1;
    const result = last.then(() => run(program, argv));
    last = result
      .catch(() => {})
      .then(() => {
        waiting -= 1;
        if (waiting === 0) idle = setTimeout(() => kept.close(), idleMs);
      });
    return result;
  };
}

function missing(program: string): Failure {
  return new Failure("bad-input", `there is no ${program} on this machine`, {
    next: "Install OpenSSH's client: apt-get install openssh-client",
  });
}

const patienceMs = 10_000;
const idleMs = 300;
/** A shell's exit code for a program that isn't there. */
const notFound = 127;
