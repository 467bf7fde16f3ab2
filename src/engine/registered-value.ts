import type { Json, JsonObject } from "../contract/json.ts";
import type { Outcome } from "../contract/outcome.ts";

/** What `register` keeps: the module's result and how it ended. */
export function registeredValue(outcome: Outcome): JsonObject {
  return {
    ...outcome.result,
    ...reasonOf(outcome),
    // Check mode passes over what only the real run can judge: it is neither done nor known to change.
    changed: outcome.status === "changed" && !isUnsure(outcome),
    failed: outcome.status === "failed",
    skipped: outcome.status === "skipped" || isUnsure(outcome),
  };
}

/** What one round of a loop gave, with the variables of its item. */
export interface Round {
  readonly outcome: Outcome;
  /** The item and its number under the names that the loop gives them. */
  readonly names: JsonObject;
}

/** The outcome of a whole loop: the worst of its rounds, with all results. */
export function combine(rounds: readonly Round[]): Outcome {
  const outcomes = rounds.map(({ outcome }) => outcome);
  const result = { results: rounds.map(({ outcome, names }) => ({ ...registeredValue(outcome), ...names })) };
  // One that is ignored does not take along one that is not.
  const over = outcomes.filter(isOver).toSorted((a, b) => Number(isIgnored(a)) - Number(isIgnored(b)))[0];
  if (over !== undefined) return { ...over, result: { ...result, msg: "one or more items failed" } };
  const allChanged = outcomes.filter((outcome) => outcome.status === "changed");
  const changed = allChanged.find((outcome) => !isUnsure(outcome)) ?? allChanged[0];
  if (changed !== undefined) return { ...changed, result };
  const ok = outcomes.some(({ status }) => status === "ok");
  return ok ? { status: "ok", result } : { status: "skipped", reason: "every item was skipped", result };
}

/** True when the host can't go on after this outcome, unless it is ignored. */
export function isOver(outcome: Outcome | undefined): boolean {
  return outcome?.status === "failed" || outcome?.status === "unreachable" || outcome?.status === "unknown";
}

/** Whether only a real run can tell if something changes. */
export function isUnsure(outcome: Outcome): boolean {
  return outcome.status === "changed" && outcome.unsure === true;
}

function isIgnored(outcome: Outcome): boolean {
  return "ignored" in outcome && outcome.ignored === true;
}

function reasonOf(outcome: Outcome): Readonly<Record<string, Json>> {
  if (outcome.status === "skipped") return { skip_reason: outcome.reason };
  if (!("failure" in outcome) || outcome.result.msg !== undefined) return {};
  return { msg: outcome.failure.message };
}
