import { hintForAnsibleWord } from "./ansible-words.ts";
import type { Meta, MetaAction } from "./model/task.ts";
import type { Reading, TaskScope } from "./reading.ts";
import { validateSpot } from "./schema-problems/schema-problems.ts";
import { metaActions, metaSchema } from "./schemas/meta.ts";
import { readWords, textAt } from "./task-words.ts";
import { keyPlaceOf, type Spot } from "./yaml/spot.ts";

/** Reads a task that is for the engine itself: `meta: flush_handlers`. */
export function readMeta(spot: Spot, scope: TaskScope, reading: Reading): Meta | undefined {
  reading.problems.push(...validateSpot(metaSchema, spot, { what: "a meta task", keyHint }));
  const action = textAt(spot, "meta");
  if (!isMetaAction(action)) return undefined;
  return { kind: "meta", ...readWords(spot, scope.role), id: scope.id, action, implicit: false };
}

/** The flush of the handlers that a part of a play ends with. */
export function flushBehind(play: Spot, id: string): Meta {
  return {
    kind: "meta",
    id,
    action: "flush_handlers",
    implicit: true,
    place: keyPlaceOf(play),
    when: [],
    vars: {},
    tags: [],
    environment: [],
  };
}

function isMetaAction(text: string | undefined): text is MetaAction {
  return text !== undefined && Object.hasOwn(metaActions, text);
}

function keyHint(key: string): string | undefined {
  if (key === "loop" || key === "register" || key === "notify")
    return "a meta task has no result and no loop";
  return hintForAnsibleWord(key);
}
