import { BadInput } from "../contract/errors.ts";
import type { Variables } from "../contract/host.ts";
import type { JsonObject } from "../contract/json.ts";
import type { TaskModule } from "../contract/module.ts";
import type { Outcome } from "../contract/outcome.ts";
import { renderValue } from "../expression/template.ts";
import { templatesIn } from "../language/inherit-words.ts";
import type { Loop, Task } from "../language/model/task.ts";
import { argumentsOf, requireRoleArguments } from "./arguments.ts";
import { outcomeOf } from "./attempt.ts";
import { forAllItems, skippedBy } from "./conditions.ts";
import { layersOf, type PlayLevels } from "./host-variables.ts";
import { knownLater } from "./known-later.ts";
import { combine, type Round, registeredValue } from "./registered-value.ts";
import type { RunScope } from "./scope.ts";
import { secretsIn, shownArguments } from "./secret-arguments.ts";
import { type Settled, settleKnownWords, settleWords } from "./settle-words.ts";
import { taskEvents } from "./task-events.ts";
import { itemsOf, labelOf, pauseBetween } from "./task-loop.ts";
import type { TaskRun } from "./task-run.ts";
import { tryUntil } from "./try-until.ts";
import type { RoundName, TurnPart } from "./turn-part.ts";

/** What a task's host shares with others, and with an earlier run. */
interface Surroundings {
  /** The hosts that get what it finds out and registers. */
  readonly audience?: readonly string[];
  readonly part?: TurnPart | undefined;
}

/**
 * One task on one host: `when` → `loop` → render → validate → check and apply (again, until it holds)
 * → changed_when and failed_when → register. Never throws for what a task can do wrong.
 */
export async function runTask(
  scope: RunScope,
  play: PlayLevels,
  task: Task,
  host: string,
  { audience = [host], part }: Surroundings = {},
): Promise<Outcome> {
  const variablesWith = (extra: JsonObject) => scope.variables.forTask(host, layersOf(task, play, extra));
  const known = settleKnownWords(task, () => variablesWith({}), task.loop !== undefined);
  const run: TaskRun = {
    ...{ scope, task: known, written: task, host, audience, part, variablesWith },
    events: taskEvents(scope, known, host),
  };
  const outcome = await withoutThrowing(run, undefined, () =>
    task.loop === undefined ? runOnce(run) : runLoop(run, task.loop),
  );
  keepResult(run, outcome);
  return outcome;
}

/** The run with its words as the loop's item has them too. Throws BadInput. */
function withItsWords(run: TaskRun, variables: Variables): TaskRun {
  const task = settleWords(run.written, () => variables);
  return run.task === run.written ? run : { ...run, task, events: taskEvents(run.scope, task, run.host) };
}

async function withoutThrowing(
  run: TaskRun,
  item: string | undefined,
  work: () => Promise<Outcome>,
): Promise<Outcome> {
  try {
    return await work();
  } catch (error) {
    const outcome = onlyLater(run, error) ?? outcomeOf(error, run);
    return run.events.finished(settled(run.task, outcome), { item });
  }
}

/** In check mode a task may read what only a real run would have put there. */
function onlyLater({ written: task, scope, host }: TaskRun, error: unknown): Outcome | undefined {
  const read = [task.when, task.args.values, task.loop?.items, task.vars, task.delegateTo, templatesIn(task)];
  return knownLater(scope, host, error, read);
}

async function runLoop(run: TaskRun, loop: Loop): Promise<Outcome> {
  const { task, events, scope } = run;
  const variables = run.variablesWith({});
  const skipped = skippedBy(forAllItems(task.when, loop), variables);
  if (skipped !== undefined) return events.finished(skipped);
  const items = itemsOf(loop, variables);
  if (items.length === 0) return events.finished(nothingToLoopOver);
  const rounds: Round[] = [];
  for (const [number, item] of items.entries()) {
    if (rounds.length > 0) await pauseBetween(loop, variables, scope.request.signal);
    const variablesWith: TaskRun["variablesWith"] = (extra) =>
      run.variablesWith({ ...item.variables, ...extra });
    const round = { number, label: labelOf(loop, item, variablesWith({})) };
    const outcome = await runRound({ ...run, variablesWith, round }, run, round);
    rounds.push({ outcome, names: item.names });
    if (outcome.status === "unreachable" || outcome.status === "unknown" || scope.request.signal.aborted)
      break;
  }
  return settled(task, combine(rounds));
}

/** One round of a loop; one that an earlier run had brought to its end is not run again. */
async function runRound(withItem: TaskRun, run: TaskRun, round: RoundName): Promise<Outcome> {
  const before = run.part?.roundBefore(round);
  if (before !== undefined) return before;
  const outcome = await withoutThrowing(run, round.label, () => runOnce(withItem, round.label));
  if (!run.task.noLog && !run.scope.request.signal.aborted) run.part?.roundEnded({ ...round, outcome });
  return outcome;
}

const nothingToLoopOver: Outcome = {
  status: "skipped",
  reason: "the list is empty",
  result: { results: [] },
};

async function runOnce(outer: TaskRun, item?: string): Promise<Outcome> {
  const variables = outer.variablesWith({});
  const skipped = skippedBy(outer.task.when, variables);
  if (skipped !== undefined) return outer.events.finished(skipped, { item });
  const run = withItsWords(outer, variables);
  return withoutThrowing(run, item, () => runSettled(run, variables, item));
}

async function runSettled(run: TaskRun, variables: Variables, item?: string): Promise<Outcome> {
  const { scope, task, host, events } = run;
  requireRoleArguments(task, variables);
  const module = await moduleOf(scope, task);
  const args = argumentsOf(task, module, variables);
  for (const secret of secretsIn(args, module.args)) scope.request.onSecret?.(secret);
  const executor = executorOf(task, host, variables);
  const tried = await tryUntil(run, { module, args, executor });
  // `assert` and `debug: var` read variables themselves.
  const outcome = ("failure" in tried ? onlyLater(run, tried.failure) : undefined) ?? tried;
  return events.finished(settled(task, outcome), {
    item,
    executor,
    args: shownArguments(args, module.args),
  });
}

/** The outcome with the word of the task on whether the host may go on. */
function settled(task: Settled<Task>, outcome: Outcome): Outcome {
  if (outcome.status === "failed" && task.ignoreErrors) return { ...outcome, ignored: true };
  if (outcome.status === "unreachable" && task.ignoreUnreachable) return { ...outcome, ignored: true };
  return outcome;
}

function keepResult({ scope, task, host, audience }: TaskRun, outcome: Outcome): void {
  if (task.register === undefined) return;
  for (const owner of audience) scope.variables.keep(owner, { [task.register]: registeredValue(outcome) });
  const isForeseen =
    outcome.status === "skipped" || (outcome.status === "changed" && outcome.foreseen === true);
  if (scope.request.checkMode && isForeseen) scope.foresee(host, task.register);
}

async function moduleOf(scope: RunScope, task: Pick<Task, "module" | "place">): Promise<TaskModule> {
  const module = await scope.request.modules.load(task.module);
  if (module !== undefined) return module;
  throw new BadInput([{ message: `there is no module "${task.module}"`, place: task.place }]);
}

function executorOf(task: Pick<Task, "delegateTo">, host: string, variables: Variables): string {
  if (task.delegateTo === undefined) return host;
  return String(renderValue(task.delegateTo.text, variables, task.delegateTo.place));
}
