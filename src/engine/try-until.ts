import { setTimeout as sleep } from "node:timers/promises";
import { withDeadline } from "../contract/deadline.ts";
import { BadInput, Failure } from "../contract/errors.ts";
import type { Variables } from "../contract/host.ts";
import type { JsonObject } from "../contract/json.ts";
import type { TaskModule } from "../contract/module.ts";
import type { Outcome } from "../contract/outcome.ts";
import type { Source } from "../language/model/source.ts";
import { countOf, secondsOf } from "./amount.ts";
import { attempt, type Found, outcomeOf } from "./attempt.ts";
import type { TaskAt } from "./context.ts";
import { allHold, judge, textOf } from "./judge.ts";
import { isUnsure } from "./registered-value.ts";
import type { TaskRun } from "./task-run.ts";
import { withEnvironment } from "./with-environment.ts";

const defaultDelaySeconds = 5;

/** What is tried, and on which host. */
export interface Trial {
  readonly module: TaskModule;
  readonly args: JsonObject;
  /** The host that does the work. */
  readonly executor: string;
}

/** Tries once; with `until` again until it holds, with `retries` alone until the task does not fail. */
export async function tryUntil(run: TaskRun, trial: Trial): Promise<Outcome> {
  const { task, scope, events } = run;
  const variables = run.variablesWith({});
  const retries = retriesOf(run, variables);
  for (let count = 1; ; count++) {
    const tried = await tryOnce(run, trial, variables);
    if (isUnsure(tried)) return judgedAsFarAsKnown(run, tried);
    const outcome = counted(run, judge(run, tried), count);
    const holds = isEnough(run, outcome);
    if (holds || outcome.status === "unreachable" || outcome.status === "unknown") return outcome;
    if (count > retries || scope.request.signal.aborted) {
      return outcome.status === "failed" ? outcome : neverHeld(run, task.until ?? [], outcome, count);
    }
    events.retry(count, retries);
    const delay = task.delay === undefined ? defaultDelaySeconds : secondsOf(task.delay, variables);
    await sleep(delay * 1000, undefined, { signal: scope.request.signal });
  }
}

/** In check mode a command has no exit code and no output yet: what asks for them is left for the real run. */
function judgedAsFarAsKnown(run: TaskRun, outcome: Outcome): Outcome {
  try {
    return judge(run, outcome);
  } catch (error) {
    if (error instanceof BadInput) return outcome;
    throw error;
  }
}

/** As in Ansible: three tries with `until` alone. */
function retriesOf({ task }: TaskRun, variables: Variables): number {
  if (task.retries !== undefined) return countOf(task.retries, variables);
  return task.until === undefined ? 0 : 2;
}

/** Whether there is nothing to wait for. A failure may lack what the condition asks for: then it is not there yet. */
function isEnough(run: TaskRun, outcome: Outcome): boolean {
  const { until } = run.task;
  if (until === undefined) return outcome.status !== "failed";
  try {
    return allHold(run, until, outcome);
  } catch (error) {
    if (outcome.status === "failed" && error instanceof BadInput) return false;
    throw error;
  }
}

function counted({ task }: TaskRun, outcome: Outcome, attempts: number): Outcome {
  if (task.until === undefined && task.retries === undefined) return outcome;
  return { ...outcome, result: { ...outcome.result, attempts } };
}

async function tryOnce(run: TaskRun, trial: Trial, variables: Variables): Promise<Outcome> {
  const { signal } = run.scope.request;
  const { timeout } = run.task;
  if (timeout === undefined) return tryWith(signal, run, trial, variables);
  const milliseconds = secondsOf(timeout, variables) * 1000;
  return withDeadline(milliseconds, signal, (ended) => tryWith(ended, run, trial, variables));
}

async function tryWith(
  signal: AbortSignal,
  run: TaskRun,
  trial: Trial,
  variables: Variables,
): Promise<Outcome> {
  const { scope, task, host, events, part, round } = run;
  const { executor } = trial;
  const job = part && {
    before: () => part.jobBefore(round),
    begins: (id: string) => (task.noLog ? undefined : part.jobBegins(id, round)),
  };
  const at: TaskAt = {
    task,
    host,
    executor,
    job,
    variables,
    signal,
    progress: events.progress,
  };
  try {
    const reached = withEnvironment(await scope.hosts.reach(executor, task), task, variables);
    const { outcome, found } = await attempt(scope, at, trial.module, trial.args, reached);
    if (found !== undefined) keepFound(run, trial, found);
    return outcome;
  } catch (error) {
    return outcomeOf(error, at);
  }
}

function keepFound({ scope, task, audience }: TaskRun, { executor }: Trial, found: Found): void {
  const { variables, facts, included } = found;
  for (const owner of task.delegateFacts ? [executor] : audience) {
    if (variables !== undefined) scope.variables.keep(owner, variables);
    if (facts !== undefined) scope.variables.keep(owner, { facts }, "facts");
    if (included !== undefined) scope.variables.keep(owner, included, "include_vars");
  }
}

function neverHeld({ task }: TaskRun, until: readonly Source[], outcome: Outcome, attempts: number): Outcome {
  const message = `"${textOf(until)}" did not come true in ${attempts} attempts`;
  const failure = new Failure("task-failed", message, { place: until[0]?.place ?? task.place });
  return { status: "failed", failure, result: outcome.result };
}
