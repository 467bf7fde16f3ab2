import type { Problem } from "../contract/errors.ts";
import { hintForAnsibleWord } from "./ansible-words.ts";
import type { Block, TaskNode } from "./model.ts";
import { readIncludedRole, readIncludedTasks } from "./read-include.ts";
import { readModuleTask } from "./read-module-task.ts";
import type { Reading, TaskScope } from "./reading.ts";
import { validateSpot } from "./schema-problems.ts";
import { blockSchema } from "./schemas/task.ts";
import { childAt, entriesOf, isMap, problemAt, type Spot } from "./spot.ts";
import { readWords } from "./task-words.ts";

/** Reads a list of tasks, blocks and includes. What can't be used is left out and is among the problems. */
export function readTasksWith(reading: Reading): Reading["readTasks"] {
  return async (spots, scope) => {
    const nodes = await Promise.all(
      spots.map((spot, index) => readTask(spot, { ...scope, id: `${scope.id}.${index + 1}` }, reading)),
    );
    return nodes.filter((node) => node !== undefined);
  };
}

async function readTask(spot: Spot, scope: TaskScope, reading: Reading): Promise<TaskNode | undefined> {
  if (!isMap(spot.value)) {
    reading.problems.push(noMapping(spot));
    return undefined;
  }
  const has = (key: string) => childAt(spot, key) !== undefined;
  if (has("block")) return readBlock(spot, scope, reading);
  if (has("include_tasks") || has("import_tasks")) return readIncludedTasks(spot, scope, reading);
  if (has("include_role") || has("import_role")) return readIncludedRole(spot, scope, reading);
  return readModuleTask(spot, scope, reading);
}

function noMapping(spot: Spot): Problem {
  const hint =
    typeof spot.value === "string"
      ? `write \`- ${spot.value.split(/[\s:]/, 1)[0]}: …\`, the module's name and its arguments`
      : "write the module's name and its arguments";
  return problemAt(spot, "a task has to be a mapping", hint);
}

async function readBlock(spot: Spot, scope: TaskScope, reading: Reading): Promise<Block> {
  const problems = validateSpot(blockSchema, spot, {
    what: "a block",
    keyHint: (key) =>
      reading.registry.names.includes(key)
        ? `put \`${key}\` into the list under \`block\``
        : hintForAnsibleWord(key),
  });
  reading.problems.push(...problems);
  const part = (key: string) => {
    const id = key === "block" ? scope.id : `${scope.id}.${key}`;
    return reading.readTasks(entriesOf(childAt(spot, key)), { ...scope, id });
  };
  const [block, rescue, always] = await Promise.all([part("block"), part("rescue"), part("always")]);
  return { kind: "block", ...readWords(spot, scope.role), block, rescue, always };
}
