import { CommandFailed, Failure } from "../contract/errors.ts";
import type { Outcome } from "../contract/outcome.ts";
import { evaluateCondition } from "../expression/condition.ts";
import type { Source } from "../language/model/source.ts";
import { registeredValue } from "./registered-value.ts";
import type { TaskRun } from "./task-run.ts";

/** Applies failed_when and changed_when, which see the result under the registered name. */
export function judge(run: TaskRun, outcome: Outcome): Outcome {
  const { failedWhen, changedWhen } = run.task;
  if (outcome.status !== "ok" && outcome.status !== "changed" && outcome.status !== "failed") return outcome;
  if (failedWhen !== undefined) {
    if (allHold(run, failedWhen, outcome)) return failedBy(run, failedWhen, outcome);
    // Only a command's exit code is the author's to judge. A refusal or a lost file stays what it is.
    if (outcome.status === "failed" && outcome.failure instanceof CommandFailed) {
      return judgeChange(run, changedWhen, asCommandThatRan(outcome));
    }
  }
  return judgeChange(run, changedWhen, outcome);
}

function judgeChange(run: TaskRun, changedWhen: readonly Source[] | undefined, outcome: Outcome): Outcome {
  if (changedWhen === undefined || outcome.status === "failed") return outcome;
  if (!allHold(run, changedWhen, outcome)) return { status: "ok", result: outcome.result };
  return outcome.status === "changed"
    ? outcome
    : { status: "changed", result: outcome.result, summary: textOf(changedWhen) };
}

/** Whether all conditions hold, with the outcome under the registered name (`result` without one). */
export function allHold(run: TaskRun, conditions: readonly Source[], outcome: Outcome): boolean {
  const seen = run.variablesWith({ [run.task.register ?? "result"]: registeredValue(outcome) });
  return conditions.every((condition) => evaluateCondition(condition, seen));
}

/** Conditions as one text. */
export function textOf(conditions: readonly Source[]): string {
  return conditions.map(({ text }) => text).join(" && ");
}

// A command that ran counts as a change, whatever it ended with, until `changed_when` says otherwise.
function asCommandThatRan({ result }: Outcome): Outcome {
  const { msg: _msg, ...rest } = result;
  return { status: "changed", result: rest, summary: "the command ran" };
}

function failedBy({ task }: TaskRun, conditions: readonly Source[], outcome: Outcome): Outcome {
  if (outcome.status === "failed") return outcome;
  const message = `failed_when holds: ${textOf(conditions)}`;
  const failure = new Failure("task-failed", message, { place: conditions[0]?.place ?? task.place });
  return { status: "failed", failure, result: { ...outcome.result, failed_when_result: true } };
}
