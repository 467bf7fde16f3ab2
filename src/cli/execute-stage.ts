import { exitCodes, Failure } from "../contract/errors.ts";
import type { Prompter } from "../contract/prompter.ts";
import { readState } from "../engine/record.ts";
import type { RunRequest, RunResult } from "../engine/request.ts";
import { runStage } from "../engine/run-stage.ts";
import type { MigrationState } from "../engine/state.ts";
import type { Playbook } from "../language/model/playbook.ts";
import { moduleRegistry } from "../modules/registry.ts";
import type { Line } from "../report/line.ts";
import type { Keyring } from "../secrets/keyring.ts";
import { createConnect } from "../transport/connect.ts";
import { readAnswers } from "./answers.ts";
import { chooseReports, type Reports } from "./choose-reports.ts";
import type { CommandContext } from "./context.ts";
import { saveMemory } from "./engine.ts";
import { homeDirectory } from "./home-directory.ts";
import { requireKnownTags } from "./known-tags.ts";
import { readLimit } from "./limit-pattern.ts";
import { loadProject, type Project } from "./load-project.ts";
import { requireDomains, requireSameMigration } from "./migration.ts";
import { type GivenWords, nextStep, nextStepLines } from "./next-step.ts";
import { describeOperator } from "./operator.ts";
import type { PlayOptions } from "./options.ts";
import { printFailure } from "./print-failure.ts";
import { printLines } from "./print-lines.ts";
import { createPrompter } from "./prompter.ts";
import { requireMaildir } from "./require-maildir.ts";
import { type SignalWatch, watchSignals } from "./signals.ts";
import { stateLines, wordsOfDowntime } from "./state-lines.ts";

/** Picks the stage to run, once the files are loaded. */
export type ChooseStage = (project: Project, state: MigrationState, prompter: Prompter) => Promise<string>;

export interface StageExecution {
  readonly playbook: string;
  readonly options: PlayOptions;
  readonly rollback: boolean;
  readonly chooseStage: ChooseStage;
}

/** `run` and `rollback`: loads the files, runs one stage, and says what comes next. Gives back the exit code. */
export async function executeStage(execution: StageExecution, context: CommandContext): Promise<number> {
  const { options } = execution;
  const { environment, signals } = context.surroundings;
  const project = await loadProject(execution.playbook, options, context);
  const { playbook, inventory, migration } = project;
  if (inventory.hosts.size > manyHosts) saveMemory();
  requireDomains(playbook, migration);
  const state = readState(migration.stateDirectory);
  requireSameMigration(state, { playbook: playbook.file, inventory: inventory.file }, migration);

  const reports = await chooseReports(options, context, migration.stateDirectory);
  const say = (text: string) =>
    printLines([{ tone: "strong", text, hangingIndent: 2 }], context, options.json ? "stderr" : "stdout");
  const watch = watchSignals(signals, say);
  try {
    requireKnownTags(playbook, options);
    requireMaildir(playbook, options);
    requireTerminalForStep(options, context);
    const prompter = await makePrompter(options, context, reports, watch, say, project.keyring);
    const request: RunRequest = {
      playbook,
      inventory,
      modules: moduleRegistry,
      connect: createConnect({ environment, homeDirectory: homeDirectory(environment) }),
      stateDirectory: migration.stateDirectory,
      migration: migration.name,
      wave: migration.wave,
      stage: await execution.chooseStage(project, state, prompter),
      rollback: execution.rollback,
      checkMode: options.check ?? false,
      extraVariables: project.extraVariables,
      reloadInventory: project.reloadInventory,
      control: project.control,
      keyring: project.keyring,
      limit: await readLimit(options.limit, context.surroundings.cwd),
      tags: options.tags ?? [],
      skipTags: options.skipTags,
      startAtTask: options.startAtTask,
      step: options.step,
      resume: options.resume,
      maxDowntimeSeconds: options.maxDowntime,
      showsOutput: options.json === true || (options.verbose ?? 0) > 0,
      holdsSecret: (text) => context.redactor.holdsSecret(text),
      forks: options.forks,
      forceHandlers: options.forceHandlers,
      prompter,
      onSecret: (value) => context.redactor.register(value),
      onFailure: options.onFailure,
      operator: describeOperator(environment),
      breakLock: options.breakLock ?? false,
      listeners: reports.listeners,
      stopping: watch.stopping,
      signal: watch.signal,
    };
    const result = await runToItsEnd(request, context);
    reports.screen.close();
    const lines = afterwards(project, result, givenWords(execution));
    printLines(lines, context, options.json ? "stderr" : "stdout");
    return exitCodeOf(result);
  } finally {
    reports.screen.close();
    watch.close();
  }
}

/** From how many hosts on memory counts more than time. */
const manyHosts = 100;

/** An interrupt before the first play is a result like one in the middle: the person wants to know where it stands. */
async function runToItsEnd(request: RunRequest, context: CommandContext): Promise<RunResult> {
  try {
    return await runStage(request);
  } catch (error) {
    if (!(error instanceof Failure) || error.kind !== "interrupted") throw error;
    await printFailure(error, context);
    return { result: "interrupted", failures: [error], tallies: {} };
  }
}

/** An answer per task from a file would run blindly what was meant to be looked at. */
function requireTerminalForStep({ step }: PlayOptions, { surroundings: { stdin } }: CommandContext): void {
  if (!step || stdin.isTTY === true) return;
  throw new Failure("bad-input", "--step asks before each task, and there is no terminal to ask at", {
    next: "Leave it out; --start-at-task and --tags choose tasks without asking.",
  });
}

async function makePrompter(
  options: PlayOptions,
  context: CommandContext,
  { screen }: Reports,
  watch: SignalWatch,
  say: (text: string) => void,
  keyring: Keyring,
): Promise<Prompter> {
  const { stdin, stdout, stderr, cwd } = context.surroundings;
  // Standard output may be piped, or carry JSON: the person is then asked on standard error.
  const output = stdout.isTTY && !options.json ? stdout : stderr;
  return createPrompter({
    input: stdin,
    output,
    interactive: stdin.isTTY === true && output.isTTY === true,
    answers: await readAnswers(options.answers, cwd, keyring),
    assumeYes: options.yes ?? false,
    redactor: context.redactor,
    say,
    screen,
    stopping: watch.stopping,
    onInterrupt: watch.stop,
  });
}

function exitCodeOf({ result, failures }: RunResult): number {
  if (result === "done") return 0;
  if (result === "interrupted") return exitCodes.interrupted;
  return exitCodes[failures[0]?.kind ?? "task-failed"];
}

/** Where the migration stands now, when the run did not come through, and the command that comes next. */
function afterwards({ playbook, migration }: Project, run: RunResult, given: GivenWords): Line[] {
  const { result, state = readState(migration.stateDirectory) } = run;
  const blank: Line = { tone: "plain", text: "" };
  const standing =
    result === "done" ? downtimeLines(playbook, state) : [blank, ...stateLines(playbook, state, new Date())];
  return [...standing, blank, ...nextStepLines(nextStep(playbook, state, given, new Date()))];
}

/** How long the downtime was, at the end of each run from then on. */
function downtimeLines(playbook: Playbook, state: MigrationState): Line[] {
  if (state.downtimeSeconds === undefined) return [];
  return [{ tone: "plain", text: `The downtime was ${wordsOfDowntime(playbook, state)}.` }];
}

function givenWords({ playbook, options }: StageExecution): GivenWords {
  return {
    playbook,
    inventory: options.inventory,
    stateDir: options.stateDir,
    domains: options.domains,
    more: [
      ...options.extraVars.flatMap((word) => ["-e", word]),
      ...wordsOf("--answers", options.answers),
      ...keyWords(options),
    ],
    again: [
      ...wordsOf("--limit", options.limit),
      ...(options.tags ?? []).flatMap((tag) => ["--tags", tag]),
      ...(options.skipTags ?? []).flatMap((tag) => ["--skip-tags", tag]),
      ...wordsOf("--start-at-task", options.startAtTask),
    ],
  };
}

/** Where the keys are, to be said again: the files alone, never what is in them. */
function keyWords(options: PlayOptions): string[] {
  return [
    ...(options.identity ?? []).flatMap((file) => ["--identity", file]),
    ...(options.askSecretPass ? ["--ask-secret-pass"] : []),
    ...wordsOf("--secret-pass-file", options.secretPassFile),
    ...(options.vaultPasswordFile ?? []).flatMap((file) => ["--vault-password-file", file]),
    ...(options.askVaultPass ? ["--ask-vault-pass"] : []),
    ...(options.vaultId ?? []).flatMap((id) => ["--vault-id", id]),
  ];
}

function wordsOf(flag: string, value: string | undefined): string[] {
  return value === undefined ? [] : [flag, value];
}
