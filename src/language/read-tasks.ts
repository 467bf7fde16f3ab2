import type { Problem } from "../contract/errors.ts";
import { isMap } from "../contract/json.ts";
import { hintForAnsibleWord } from "./ansible-words.ts";
import { withShortNames } from "./full-names.ts";
import type { Block, TaskNode } from "./model/task.ts";
import { withModuleDefaults } from "./module-defaults.ts";
import { readImportedTasks, readIncludedTasks } from "./read-include.ts";
import { readImportedRole, readIncludedRole } from "./read-include-role.ts";
import { readMeta } from "./read-meta.ts";
import { readModuleTask } from "./read-module-task.ts";
import type { Reading, TaskScope } from "./reading.ts";
import { validateSpot } from "./schema-problems/schema-problems.ts";
import { blockSchema } from "./schemas/task.ts";
import { readWords, textAt } from "./task-words.ts";
import { childAt, entriesOf, placeOf, problemAt, type Spot } from "./yaml/spot.ts";

/** Reads a list of tasks, blocks and includes. What can't be used is left out and is among the problems. */
export function readTasksWith(reading: Reading): Reading["readTasks"] {
  return async (spots, scope) => {
    const nodes: TaskNode[] = [];
    // In their order: what a play gathers from roles has to be the same each time.
    for (const [index, spot] of spots.entries()) {
      const node = await readTask(spot, { ...scope, id: `${scope.id}.${index + 1}` }, reading);
      if (node !== undefined) nodes.push(node);
    }
    return nodes;
  };
}

async function readTask(written: Spot, scope: TaskScope, reading: Reading): Promise<TaskNode | undefined> {
  const spot = withShortNames(written);
  if (!isMap(spot.value)) {
    reading.problems.push(noMapping(spot));
    return undefined;
  }
  reading.outline.push({ place: placeOf(spot), chain: scope.chain, task: labelOf(spot) });
  const has = (key: string) => childAt(spot, key) !== undefined;
  if (has("block")) return readBlock(spot, scope, reading);
  if (has("include_tasks")) return readIncludedTasks(spot, scope, reading);
  if (has("import_tasks")) return readImportedTasks(spot, scope, reading);
  if (has("include_role")) return readIncludedRole(spot, scope, reading);
  if (has("import_role")) return readImportedRole(spot, scope, reading);
  if (has("meta")) return readMeta(spot, scope, reading);
  return readModuleTask(spot, scope, reading);
}

/** A task as a person knows it: by its name, or by what stands first in it. */
function labelOf(spot: Spot): string {
  const name = textAt(spot, "name");
  if (name !== undefined) return `task "${name}"`;
  const [first] = Object.keys(isMap(spot.value) ? spot.value : {});
  return `task ${first ?? "without a name"}`;
}

function noMapping(spot: Spot): Problem {
  const hint =
    typeof spot.value === "string"
      ? `write \`- ${spot.value.split(/[\s:]/, 1)[0]}: …\`, the module's name and its arguments`
      : "write the module's name and its arguments";
  return problemAt(spot, "a task has to be a mapping", hint);
}

async function readBlock(spot: Spot, outer: TaskScope, reading: Reading): Promise<Block> {
  const problems = validateSpot(blockSchema, spot, {
    what: "a block",
    keyHint(key) {
      if (key === "loop" || key.startsWith("with_")) {
        return "a block can't loop: put its tasks into a file, and loop over `include_tasks`";
      }
      const isModule = reading.registry.names.includes(key);
      return isModule ? `put \`${key}\` into the list under \`block\`` : hintForAnsibleWord(key);
    },
  });
  reading.problems.push(...problems);
  const scope = await withModuleDefaults(spot, outer, reading);
  const part = (key: string) => {
    const id = key === "block" ? scope.id : `${scope.id}.${key}`;
    return reading.readTasks(entriesOf(childAt(spot, key)), { ...scope, id });
  };
  const words = readWords(spot, scope.role);
  const block = await part("block");
  return { kind: "block", ...words, block, rescue: await part("rescue"), always: await part("always") };
}
