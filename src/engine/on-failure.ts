import { Refused } from "../contract/errors.ts";
import type { Stage } from "../language/model/playbook.ts";
import type { OnFailure, RunResult } from "./request.ts";
import type { RunScope } from "./scope.ts";

/** After a failure: what now? Asked only while the old server can still be brought back as if nothing had been. */
export async function askWhatNow(
  scope: RunScope,
  stage: Stage,
  result: RunResult,
  attempts: number,
): Promise<OnFailure> {
  const { request } = scope;
  if (request.checkMode || stage.rollback.length === 0 || stage.undoes.length > 0) return "stop";
  if (scope.record.state().latches["new-opened"] !== undefined) return "stop";
  // A retry by the book would go on for ever: without a person it is tried once more, and then it stops.
  if (request.onFailure === "retry") return attempts > 1 ? "stop" : "retry";
  if (request.onFailure !== undefined) return request.onFailure;
  const question = {
    key: "on-failure",
    message: `Stage ${stage.name} failed: ${result.failures[0]?.message ?? ""}`,
    choices: [
      { value: "retry", label: "Try the stage again (it goes on where it stopped)" },
      { value: "rollback", label: "Roll back: the old server serves again as if nothing had been" },
      { value: "stop", label: "Stop here and leave everything as it is" },
    ],
  };
  try {
    return (await request.prompter.select(question)) as OnFailure;
  } catch (error) {
    // Nobody there to ask: what failed is told, and everything stays as it is.
    if (error instanceof Refused) return "stop";
    throw error;
  }
}
