import type { ChildProcess } from "node:child_process";
import type { Rehearsal } from "../../src/lab/rehearsal/rehearsal.ts";

/** What `mailferry status` says to type next. */
export interface NextCommand {
  /** The words behind `mailferry`, quoted for a shell, as a person would copy them. */
  readonly words: string;
  readonly stage: string;
  /** Of the wave that it is about, as `--domains` takes them. */
  readonly domains?: string | undefined;
  /** `--resume` can be added: it leaves out what is done. */
  readonly mayResume: boolean;
}

/** Asks `status`, as an operator does who came back to their desk; of one wave, if `domains` names it. undefined: there is nothing left to do. */
export async function nextCommand(
  { mailferry, playbook, inventory }: Rehearsal,
  domains?: string,
): Promise<NextCommand | undefined> {
  const words = ["status", playbook, "-i", inventory, "--offline", ...domainWords(domains)];
  const { exitCode, stdout, stderr } = await mailferry(words);
  const next = /^next: (.*)$/m.exec(stdout)?.[1];
  if (exitCode !== 0 || next === undefined) throw new Error(`status names no next step:\n${stdout}${stderr}`);
  if (next.startsWith("nothing, ")) return undefined;
  const command = /^mailferry ((?:run|rollback) .*--stage (\S+).*)$/.exec(next);
  if (command === null) throw new Error(`not a command to type: ${next}`);
  const mayResume = stdout.includes("--resume leaves out what is done");
  return { words: command[1] ?? "", stage: command[2] ?? "", domains, mayResume };
}

/** What names a wave on the command line. */
export function domainWords(domains: string | undefined): readonly string[] {
  return domains === undefined ? [] : ["--domains", domains];
}

/** Starts what `status` said, with the answers of the rehearsal and its events on standard output. */
export function startCommand(rehearsal: Rehearsal, { words, mayResume }: NextCommand): ChildProcess {
  const resume = mayResume ? "--resume" : "";
  return rehearsal.startWords(`${words} ${resume} --answers '${rehearsal.answers}' --on-failure stop --json`);
}
