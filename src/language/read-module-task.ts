import type { Problem } from "../contract/errors.ts";
import { isList, isMap, type Json } from "../contract/json.ts";
import type { TaskModule } from "../contract/module.ts";
import { checkReserved } from "./checks/check-reserved.ts";
import { findModule, taskWords } from "./find-module.ts";
import type { Source } from "./model/source.ts";
import type { Task } from "./model/task.ts";
import { readArguments } from "./module-arguments.ts";
import { withModuleDefaults } from "./module-defaults.ts";
import { readIncludedVariables } from "./read-included-variables.ts";
import { readLoop } from "./read-loop.ts";
import type { Reading, TaskScope } from "./reading.ts";
import { validateSpot } from "./schema-problems/schema-problems.ts";
import { taskSchema } from "./schemas/task.ts";
import { amountAt, readWords, sourcesAt, textAt, textsAt } from "./task-words.ts";
import { childAt, entriesOf, keyPlaceOf, type Spot } from "./yaml/spot.ts";

/** Reads a task that calls a module: its words by the task's schema, its arguments by that one module's. */
export async function readModuleTask(
  spot: Spot,
  outer: TaskScope,
  reading: Reading,
): Promise<Task | undefined> {
  reading.problems.push(...validateSpot(taskSchema, wordsOf(spot), { what: "a task" }));
  const scope = await withModuleDefaults(spot, outer, reading);
  const found = findModule(spot, reading.registry.names);
  reading.problems.push(...found.problems);
  reading.problems.push(...checkReserved(spot));
  noteNotifications(spot, scope);
  if (found.module === undefined) return undefined;
  const name = found.module.pointer.slice(spot.pointer.length + 1);
  const module = await reading.module(name);
  if (module === undefined) return undefined;
  reading.problems.push(...checkAsync(spot, module));
  const args = readArguments(module, found.module, reading.problems, {
    defaults: scope.moduleDefaults.get(name),
    more: childAt(spot, "args"),
  });
  const words = readWords(spot, scope.role);
  return {
    kind: "task",
    ...words,
    // One inventory is for all hosts: Ansible adds to it once too.
    ...(name === "add_host" ? { runOnce: true } : {}),
    id: scope.id,
    chain: scope.chain,
    module: name,
    args,
    register: textAt(spot, "register"),
    included: await readIncludedVariables({ ...words, module: name, args }, scope, reading),
    loop: readLoop(spot),
    notify: textsAt(childAt(spot, "notify")),
    listen: textsAt(childAt(spot, "listen")),
    until: conditionsAt(spot, "until"),
    retries: amountAt(spot, "retries"),
    delay: amountAt(spot, "delay"),
    async: amountAt(spot, "async"),
    poll: amountAt(spot, "poll"),
    changedWhen: conditionsAt(spot, "changed_when"),
    failedWhen: conditionsAt(spot, "failed_when"),
  };
}

/** Only what is one command for the host can go on there without us. */
function checkAsync(spot: Spot, module: TaskModule): Problem[] {
  const given = childAt(spot, "async");
  if (given === undefined || given.value === 0) return [];
  if (module.kind === "change" && module.asJob !== undefined) return [];
  const hint =
    "async is for `command`, `shell` and `script`; leave it out here: what takes long runs as a job by itself";
  return [{ message: `\`${module.name}\` can't be async`, place: keyPlaceOf(given), hint }];
}

/** The task without its module, whose arguments have a schema of their own. */
function wordsOf(spot: Spot): Spot {
  const value = isMap(spot.value) ? spot.value : {};
  const words = Object.entries<Json>(value).filter(([key]) => taskWords.includes(key));
  return { ...spot, value: Object.fromEntries(words) };
}

function noteNotifications(spot: Spot, scope: TaskScope): void {
  const notify = childAt(spot, "notify");
  if (notify === undefined) return;
  const spots = isList(notify.value) ? entriesOf(notify) : [notify];
  for (const one of spots) scope.play.notifications.push({ name: String(one.value), spot: one });
}

function conditionsAt(spot: Spot, key: string): readonly Source[] | undefined {
  const conditions = sourcesAt(childAt(spot, key));
  return conditions.length === 0 ? undefined : conditions;
}
