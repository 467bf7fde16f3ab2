import { exitCodes, Failure } from "../contract/errors.ts";
import type { Prompter } from "../contract/prompter.ts";
import { readState } from "../engine/record.ts";
import type { RunRequest, RunResult } from "../engine/request.ts";
import { runStage } from "../engine/run-stage.ts";
import type { MigrationState } from "../engine/state.ts";
import { moduleRegistry } from "../modules/registry.ts";
import type { Line } from "../report/line.ts";
import { createConnect } from "../transport/connect.ts";
import { readAnswers } from "./answers.ts";
import { chooseReports, type Reports } from "./choose-reports.ts";
import type { CommandContext } from "./context.ts";
import { homeDirectory } from "./home-directory.ts";
import { requireKnownTags } from "./known-tags.ts";
import { loadProject, type Project } from "./load-project.ts";
import { requireSameMigration } from "./migration.ts";
import { type GivenWords, nextStep, nextStepLines } from "./next-step.ts";
import { describeOperator } from "./operator.ts";
import type { PlayOptions } from "./options.ts";
import { printFailure } from "./print-failure.ts";
import { printLines } from "./print-lines.ts";
import { createPrompter } from "./prompter.ts";
import { type SignalWatch, watchSignals } from "./signals.ts";
import { stateLines } from "./state-lines.ts";

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
  const state = readState(migration.stateDirectory);
  requireSameMigration(state, { playbook: playbook.file, inventory: inventory.file }, migration);

  const reports = await chooseReports(options, context, migration.stateDirectory);
  const say = (text: string) =>
    printLines([{ tone: "strong", text, hangingIndent: 2 }], context, options.json ? "stderr" : "stdout");
  const watch = watchSignals(signals, say);
  try {
    requireKnownTags(playbook, options.tags ?? []);
    const prompter = await makePrompter(options, context, reports, watch, say);
    const request: RunRequest = {
      playbook,
      inventory,
      modules: moduleRegistry,
      connect: createConnect({ environment, homeDirectory: homeDirectory(environment) }),
      stateDirectory: migration.stateDirectory,
      migration: migration.name,
      stage: await execution.chooseStage(project, state, prompter),
      rollback: execution.rollback,
      checkMode: options.check ?? false,
      extraVariables: project.extraVariables,
      limit: options.limit,
      tags: options.tags ?? [],
      prompter,
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

/** An interrupt before the first play is a result like one in the middle: the person wants to know where it stands. */
async function runToItsEnd(request: RunRequest, context: CommandContext): Promise<RunResult> {
  try {
    return await runStage(request);
  } catch (error) {
    if (!(error instanceof Failure) || error.kind !== "interrupted") throw error;
    printFailure(error, context);
    return { result: "interrupted", failures: [error], tallies: {} };
  }
}

async function makePrompter(
  options: PlayOptions,
  context: CommandContext,
  { screen }: Reports,
  watch: SignalWatch,
  say: (text: string) => void,
): Promise<Prompter> {
  const { stdin, stdout, stderr, cwd } = context.surroundings;
  // Standard output may be piped, or carry JSON: the person is then asked on standard error.
  const output = stdout.isTTY && !options.json ? stdout : stderr;
  return createPrompter({
    input: stdin,
    output,
    interactive: stdin.isTTY === true && output.isTTY === true,
    answers: await readAnswers(options.answers, cwd),
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
function afterwards({ playbook, migration }: Project, { result }: RunResult, given: GivenWords): Line[] {
  const state = readState(migration.stateDirectory);
  const blank: Line = { tone: "plain", text: "" };
  const standing = result === "done" ? [] : [blank, ...stateLines(playbook, state, new Date())];
  return [...standing, blank, ...nextStepLines(nextStep(playbook, state, given, new Date()))];
}

function givenWords({ playbook, options }: StageExecution): GivenWords {
  return {
    playbook,
    inventory: options.inventory,
    stateDir: options.stateDir,
    more: [
      ...options.extraVars.flatMap((word) => ["-e", word]),
      ...(options.answers === undefined ? [] : ["--answers", options.answers]),
    ],
  };
}
