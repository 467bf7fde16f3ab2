import { setTimeout as sleep } from "node:timers/promises";
import { BadInput, CommandFailed, Failure } from "../contract/errors.ts";
import type { Variables } from "../contract/host.ts";
import type { JsonObject } from "../contract/json.ts";
import type { TaskModule } from "../contract/module.ts";
import type { Outcome } from "../contract/outcome.ts";
import { evaluateCondition, namesInCondition } from "../expression/condition.ts";
import { renderValue } from "../expression/template.ts";
import type { Play, Source, Task } from "../language/model.ts";
import { argumentsOf, requireRoleArguments } from "./arguments.ts";
import { attempt, outcomeOf } from "./attempt.ts";
import type { TaskAt } from "./context.ts";
import type { RunScope } from "./scope.ts";
import { type TaskEvents, taskEvents } from "./task-events.ts";

/** A task's variables together with some that only one item or one condition sees. */
type VariablesWith = (extra: JsonObject) => Variables;

/**
 * One task on one host: `when` → `loop` → render → validate → check and apply (again, until it holds)
 * → changed_when and failed_when → register and notify. Never throws for what a task can do wrong.
 */
export async function runTask(scope: RunScope, play: Play, task: Task, host: string): Promise<Outcome> {
  const events = taskEvents(scope, task, host);
  const variablesWith: VariablesWith = (extra) =>
    scope.variables.forTask(host, { play, role: task.role, vars: [task.vars], extra });

  let outcome: Outcome;
  try {
    outcome =
      task.loop === undefined
        ? await runOnce(scope, task, host, variablesWith, events)
        : await runLoop(scope, task, host, variablesWith, events);
  } catch (error) {
    outcome = events.finished(knownLater(scope, task, host, error) ?? outcomeOf(error, { host, task }));
  }
  const settled = task.ignoreErrors && outcome.status === "failed" ? { ...outcome, ignored: true } : outcome;
  keepResult(scope, task, host, settled);
  if (settled.status === "changed") notify(scope, task, host);
  return settled;
}

async function runLoop(
  scope: RunScope,
  task: Task,
  host: string,
  variablesWith: VariablesWith,
  events: TaskEvents,
): Promise<Outcome> {
  // What does not speak of an item is decided before the loop is looked at: its list may not be there then.
  const forAll = task.when.filter(({ text }) => !namesInCondition(text).includes(task.loopVar));
  const unmet = forAll.find((condition) => !evaluateCondition(condition, variablesWith({})));
  if (unmet !== undefined) return events.finished({ status: "skipped", reason: unmet.text, result: {} });
  const items = renderValue(task.loop ?? [], variablesWith({}), task.loopPlace ?? task.place);
  if (!Array.isArray(items)) {
    throw new BadInput([
      {
        message: "loop wants a list",
        place: task.place,
        hint: 'Write `loop: [a, b]` or `loop: "{{list}}"`.',
      },
    ]);
  }
  const outcomes: Outcome[] = [];
  for (const item of items) {
    const withItem: VariablesWith = (extra) => variablesWith({ [task.loopVar]: item, ...extra });
    const variables = withItem({});
    const label =
      task.loopLabel === undefined ? item : renderValue(task.loopLabel.text, variables, task.loopLabel.place);
    outcomes.push(
      await runOnce(
        scope,
        task,
        host,
        withItem,
        events,
        typeof label === "string" ? label : JSON.stringify(label),
      ),
    );
    if (isOver(outcomes.at(-1)) && !task.ignoreErrors) break;
  }
  return combine(outcomes);
}

async function runOnce(
  scope: RunScope,
  task: Task,
  host: string,
  variablesWith: VariablesWith,
  events: TaskEvents,
  item?: string,
): Promise<Outcome> {
  const variables = variablesWith({});
  const unmet = task.when.find((condition) => !evaluateCondition(condition, variables));
  if (unmet !== undefined)
    return events.finished({ status: "skipped", reason: unmet.text, result: {} }, { item });
  requireRoleArguments(task, variables);
  const module = await moduleOf(scope, task);
  const args = argumentsOf(task, module, variables);
  const executor = executorOf(task, host, variables);
  const outcome = await untilItHolds(scope, task, module, args, { host, executor, variablesWith, events });
  return events.finished(outcome, { item, executor });
}

interface AttemptAt {
  readonly host: string;
  readonly executor: string;
  readonly variablesWith: VariablesWith;
  readonly events: TaskEvents;
}

async function untilItHolds(
  scope: RunScope,
  task: Task,
  module: TaskModule,
  args: JsonObject,
  { host, executor, variablesWith, events }: AttemptAt,
): Promise<Outcome> {
  for (let count = 1; ; count++) {
    const signal = signalFor(scope, task);
    const at: TaskAt = { task, host, variables: variablesWith({}), signal, progress: events.progress };
    const outcome = await reachAndAttempt(scope, at, module, args, executor);
    const judged = judge(task, variablesWith, outcome);
    const holds =
      task.until === undefined
        ? judged.status !== "failed"
        : !isOver(judged) && evaluateCondition(task.until, withResult(task, variablesWith, judged));
    if (holds || count > task.retries || scope.request.signal.aborted || judged.status === "unreachable") {
      return holds || isOver(judged) ? judged : neverHeld(task, judged, count);
    }
    events.retry(count);
    await sleep(task.delaySeconds * 1000, undefined, { signal: scope.request.signal });
  }
}

async function reachAndAttempt(
  scope: RunScope,
  at: TaskAt,
  module: TaskModule,
  args: JsonObject,
  executor: string,
): Promise<Outcome> {
  try {
    const host = await scope.hosts.reach(executor, at.task);
    const { outcome, variables } = await attempt(scope, at, module, args, host);
    if (variables !== undefined) scope.variables.keep(at.host, variables);
    return outcome;
  } catch (error) {
    return outcomeOf(error, at);
  }
}

/** Applies failed_when and changed_when, which see the result under the registered name. */
function judge(task: Task, variablesWith: VariablesWith, outcome: Outcome): Outcome {
  if (outcome.status !== "ok" && outcome.status !== "changed" && outcome.status !== "failed") return outcome;
  const seen = withResult(task, variablesWith, outcome);
  if (task.failedWhen !== undefined) {
    if (evaluateCondition(task.failedWhen, seen)) return failedBy(task, task.failedWhen, outcome);
    // Only a command's exit code is the author's to judge. A refusal or a lost file stays what it is.
    if (outcome.status === "failed" && outcome.failure instanceof CommandFailed) {
      return { status: "ok", result: outcome.result };
    }
  }
  if (task.changedWhen === undefined || outcome.status === "failed") return outcome;
  if (!evaluateCondition(task.changedWhen, seen)) return { status: "ok", result: outcome.result };
  return outcome.status === "changed"
    ? outcome
    : { status: "changed", result: outcome.result, summary: task.changedWhen.text };
}

function failedBy(task: Task, condition: Source, outcome: Outcome): Outcome {
  if (outcome.status === "failed") return outcome;
  const failure = new Failure("task-failed", `failed_when holds: ${condition.text}`, { place: task.place });
  return { status: "failed", failure, result: outcome.result };
}

function neverHeld(task: Task, outcome: Outcome, attempts: number): Outcome {
  const failure = new Failure(
    "task-failed",
    `"${task.until?.text ?? ""}" did not come true in ${attempts} attempts`,
    { place: task.until?.place ?? task.place },
  );
  return { status: "failed", failure, result: outcome.result };
}

function withResult(task: Task, variablesWith: VariablesWith, outcome: Outcome): Variables {
  return variablesWith({ [task.register ?? "result"]: registeredValue(outcome) });
}

function combine(outcomes: readonly Outcome[]): Outcome {
  const result = { results: outcomes.map(registeredValue) };
  const over = outcomes.find(isOver);
  if (over !== undefined) return { ...over, result };
  const changed = outcomes.find((outcome) => outcome.status === "changed");
  if (changed !== undefined) return { ...changed, result };
  const ok = outcomes.length === 0 || outcomes.some((outcome) => outcome.status === "ok");
  return ok ? { status: "ok", result } : { status: "skipped", reason: "every item was skipped", result };
}

/** What `register` keeps: the module's result and how it ended. */
export function registeredValue(outcome: Outcome): JsonObject {
  return {
    ...outcome.result,
    changed: outcome.status === "changed",
    failed: outcome.status === "failed",
    skipped: outcome.status === "skipped",
  };
}

function keepResult(scope: RunScope, task: Task, host: string, outcome: Outcome): void {
  if (task.register === undefined) return;
  scope.variables.keep(host, { [task.register]: registeredValue(outcome) });
  const isForeseen =
    outcome.status === "skipped" || (outcome.status === "changed" && outcome.foreseen === true);
  if (scope.request.checkMode && isForeseen) scope.foresee(host, task.register);
}

function notify(scope: RunScope, task: Task, host: string): void {
  if (scope.request.checkMode) return;
  for (const handler of task.notify) scope.record.add({ type: "handler-notified", handler, host });
}

/** True when the host can't go on after this outcome. */
export function isOver(outcome: Outcome | undefined): boolean {
  return outcome?.status === "failed" || outcome?.status === "unreachable" || outcome?.status === "unknown";
}

/** In check mode nothing was applied, so what a later task reads of it is not there yet. */
function knownLater(scope: RunScope, task: Task, host: string, error: unknown): Outcome | undefined {
  if (!scope.request.checkMode || !(error instanceof BadInput)) return undefined;
  const text = JSON.stringify([
    task.when,
    task.args.values,
    task.loop ?? null,
    task.vars,
    task.delegateTo ?? null,
  ]);
  const awaited = scope.foreseen(host).find((name) => new RegExp(`\\b${name}\\b`).test(text));
  if (awaited === undefined) return undefined;
  return {
    status: "skipped",
    reason: `known only after what \`${awaited}\` stands for was done`,
    result: {},
  };
}

async function moduleOf(scope: RunScope, task: Task): Promise<TaskModule> {
  const module = await scope.request.modules.load(task.module);
  if (module !== undefined) return module;
  throw new BadInput([{ message: `there is no module "${task.module}"`, place: task.place }]);
}

function executorOf(task: Task, host: string, variables: Variables): string {
  if (task.delegateTo === undefined) return host;
  return String(renderValue(task.delegateTo.text, variables, task.delegateTo.place));
}

function signalFor(scope: RunScope, task: Task): AbortSignal {
  if (task.timeoutSeconds === undefined) return scope.request.signal;
  return AbortSignal.any([scope.request.signal, AbortSignal.timeout(task.timeoutSeconds * 1000)]);
}
