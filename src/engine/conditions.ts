import type { Variables } from "../contract/host.ts";
import type { Outcome } from "../contract/outcome.ts";
import { evaluateCondition, namesInCondition } from "../expression/condition.ts";
import type { Source } from "../language/model/source.ts";
import type { Loop } from "../language/model/task.ts";
import { namesOfLoop } from "../language/read-loop.ts";

/** The outcome of work that one of its conditions leaves out; undefined when all of them hold. */
export function skippedBy(when: readonly Source[], variables: Variables): Outcome | undefined {
  const unmet = when.find((condition) => !evaluateCondition(condition, variables));
  return unmet === undefined ? undefined : { status: "skipped", reason: unmet.text, result: {} };
}

/** The conditions that don't speak of an item: they are decided before the loop is looked at, whose list may not be there then. */
export function forAllItems(when: readonly Source[], loop: Loop | undefined): readonly Source[] {
  if (loop === undefined) return when;
  const ofItems = namesOfLoop(loop);
  return when.filter(({ text }) => !namesInCondition(text).some((name) => ofItems.includes(name)));
}
