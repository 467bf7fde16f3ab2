import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join, parse } from "node:path";
import type { LatchName } from "../../contract/latch.ts";
import { type MoreVariables, renderInventory } from "../inventory-file.ts";
import type { ExecResult, Lab } from "../lab.ts";

/** Where a rehearsed migration stands: what Mailferry writes for people to read, as far as a rehearsal looks at it. */
export interface RehearsalState {
  /** When each latch was set, ISO 8601. */
  readonly latches: Readonly<Partial<Record<LatchName, string>>>;
  /** Jobs whose end nobody has seen yet. */
  readonly openJobs: Readonly<Record<string, string>>;
  readonly downtimeSeconds?: number;
  readonly unfinishedStage?: string;
}

/** A migration that is tried out in a lab, with the real command line. */
export interface Rehearsal {
  readonly lab: Lab;
  /** Where the controller works: inventory, answers, `.mailferry/`. */
  readonly directory: string;
  readonly inventory: string;
  readonly playbook: string;
  readonly answers: string;
  /** Where Mailferry keeps the migration's journal and state. */
  readonly stateDirectory: string;
  /** Reads the state; throws when nothing has been run yet. */
  readState(): Promise<RehearsalState>;
  /** Runs `mailferry` in the lab's network to its end; what it prints is kept, or goes to this terminal. */
  mailferry(args: readonly string[], show?: boolean): Promise<ExecResult>;
  /** Starts `mailferry` and hands the process back, for those who want to kill it. */
  start(args: readonly string[]): ChildProcess;
  /** The same for words as a person types them behind `mailferry`, quoted for a shell. */
  startWords(words: string): ChildProcess;
  /** Runs one stage with the rehearsal's answers. */
  stage(name: string, more?: readonly string[], show?: boolean): Promise<ExecResult>;
}

export interface RehearsalOptions {
  readonly lab: Lab;
  /** The `mailferry` program, an absolute path. */
  readonly program: string;
  /** The name of a playbook that comes with Mailferry, or an absolute path; the lab's own when left out. */
  readonly playbook?: string | undefined;
  readonly variables?: MoreVariables | undefined;
  /** What the controller's processes have in their environment beside this one's. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** A second operator works in a directory of their own. */
  readonly operator?: string | undefined;
}

/** Writes the inventory and the answers of a rehearsal beside the lab's own files. */
export async function prepareRehearsal(options: RehearsalOptions): Promise<Rehearsal> {
  const { lab, program, playbook = lab.scenario.playbook } = options;
  const directory = join(lab.directory, options.operator ?? "operator");
  const inventory = join(directory, "inventory.yml");
  const answers = join(directory, "answers.yml");
  const stateDirectory = join(directory, ".mailferry", `inventory--${parse(playbook).name}`);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await writeFile(inventory, renderInventory(lab, options.variables), { mode: 0o600 });
  const names = `confirm-cutover: ${lab.hosts.old.name}\nconfirm-back: ${lab.hosts.new.name}\n`;
  await writeFile(answers, names, { mode: 0o600 });

  const spawnInLab = (words: readonly string[], output: "inherit" | "pipe" = "pipe") => {
    const [command = "", ...argv] = lab.inNamespace(words);
    const env = { ...process.env, ...options.environment };
    return spawn(command, argv, { cwd: directory, env, stdio: ["ignore", output, output] });
  };
  const start = (args: readonly string[], show = false) =>
    spawnInLab([process.execPath, program, ...args], show ? "inherit" : "pipe");
  const mailferry = async (args: readonly string[], show = false) => finish(start(args, show));
  return {
    lab,
    directory,
    inventory,
    playbook,
    answers,
    stateDirectory,
    readState: async () =>
      JSON.parse(await readFile(join(stateDirectory, "state.json"), "utf8")) as RehearsalState,
    start,
    startWords: (words) => spawnInLab(["sh", "-euc", `exec "$@" ${words}`, "sh", process.execPath, program]),
    mailferry,
    stage: (name, more = [], show = false) =>
      mailferry(["run", playbook, "-i", inventory, "--stage", name, "--answers", answers, ...more], show),
  };
}

/** What a process left behind once it has ended; killed by a signal counts as 128. */
export async function finish(child: ChildProcess): Promise<ExecResult> {
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout?.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr?.on("data", (chunk: Buffer) => stderr.push(chunk));
  const [code] = (await once(child, "close")) as [number | null];
  return {
    exitCode: code ?? 128,
    stdout: Buffer.concat(stdout).toString(),
    stderr: Buffer.concat(stderr).toString(),
  };
}
