import { readState } from "../engine/record.ts";
import type { RunRequest } from "../engine/request.ts";
import { moduleRegistry } from "../modules/registry.ts";
import { createConnect } from "../transport/connect.ts";
import type { CommandContext } from "./context.ts";
import { homeDirectory } from "./home-directory.ts";
import { loadProject, type Project } from "./load-project.ts";
import { lookAhead } from "./look-ahead.ts";
import { requireDomains } from "./migration.ts";
import { describeOperator } from "./operator.ts";
import type { MigrationOptions } from "./options.ts";
import { type Findings, makePlan } from "./plan-data.ts";
import { planTree } from "./plan-tree.ts";
import { chosenStages } from "./planned-stages.ts";
import { createPrompter } from "./prompter.ts";
import { watchSignals } from "./signals.ts";

export interface PlanOptions extends MigrationOptions {
  readonly stage?: string | undefined;
  /** Looks at the hosts too. */
  readonly check?: boolean | undefined;
  readonly json?: boolean | undefined;
}

/** `plan`: what would run where; with `--check` what it would change, as far as that can be known. */
export async function showPlan(
  playbookGiven: string,
  options: PlanOptions,
  context: CommandContext,
): Promise<number> {
  const project = await loadProject(playbookGiven, options, context);
  if (options.check) requireDomains(project.playbook, project.migration);
  const findings = options.check ? await look(project, options, context) : undefined;
  const { taskTimes } = readState(project.migration.stateDirectory);
  const plan = makePlan(project, options.stage, findings, taskTimes);
  const text = options.json ? `${JSON.stringify(plan)}\n` : planTree(plan);
  context.out(context.redactor.clean(text));
  return 0;
}

async function look(project: Project, options: PlanOptions, context: CommandContext): Promise<Findings> {
  const watch = watchSignals(context.surroundings.signals, (text) => context.err(`${text}\n`));
  try {
    const request = requestOf(project, context, watch);
    return await lookAhead(chosenStages(project, options.stage), request, context.redactor);
  } finally {
    watch.close();
  }
}

function requestOf(
  { playbook, inventory, migration, extraVariables, reloadInventory, control, keyring }: Project,
  context: CommandContext,
  watch: ReturnType<typeof watchSignals>,
): Omit<RunRequest, "stage" | "listeners" | "checkMode"> {
  const { environment } = context.surroundings;
  return {
    ...{ playbook, inventory, extraVariables, reloadInventory, control, keyring },
    modules: moduleRegistry,
    connect: createConnect({ environment, homeDirectory: homeDirectory(environment) }),
    stateDirectory: migration.stateDirectory,
    migration: migration.name,
    wave: migration.wave,
    rollback: false,
    tags: [],
    prompter: nobodyThere(context, watch),
    onSecret: (value) => context.redactor.register(value),
    operator: describeOperator(environment),
    breakLock: false,
    stopping: watch.stopping,
    signal: watch.signal,
  };
}

/** A plan asks nothing: a task that would ask says so. */
function nobodyThere(context: CommandContext, watch: ReturnType<typeof watchSignals>) {
  const { stdin, stderr } = context.surroundings;
  return createPrompter({
    input: stdin,
    output: stderr,
    interactive: false,
    answers: new Map(),
    assumeYes: false,
    redactor: context.redactor,
    say: () => undefined,
    screen: { suspend: () => undefined, resume: () => undefined },
    stopping: watch.stopping,
    onInterrupt: watch.stop,
  });
}
