import type { Json } from "../contract/json.ts";
import { checkReserved } from "./check-reserved.ts";
import { durationSeconds } from "./duration.ts";
import { findModule, taskWords } from "./find-module.ts";
import type { Source, Task } from "./model.ts";
import { readArguments } from "./module-arguments.ts";
import type { Reading, TaskScope } from "./reading.ts";
import { validateSpot } from "./schema-problems.ts";
import { taskSchema } from "./schemas/task.ts";
import { childAt, entriesOf, isList, isMap, keyPlaceOf, type Spot, sourceAt } from "./spot.ts";
import { flagAt, readWords, textAt, textsAt } from "./task-words.ts";

/** Reads a task that calls a module: its words by the task's schema, its arguments by that one module's. */
export async function readModuleTask(
  spot: Spot,
  scope: TaskScope,
  reading: Reading,
): Promise<Task | undefined> {
  reading.problems.push(...validateSpot(taskSchema, wordsOf(spot), { what: "a task" }));
  const found = findModule(spot, reading.registry.names);
  reading.problems.push(...found.problems);
  reading.problems.push(...checkReserved(spot));
  noteNotifications(spot, scope);
  if (found.module === undefined) return undefined;
  const name = found.module.pointer.slice(spot.pointer.length + 1);
  const module = await reading.module(name);
  if (module === undefined) return undefined;
  const args = readArguments(module, found.module, reading.problems);
  const loop = childAt(spot, "loop");
  return {
    kind: "task",
    ...readWords(spot, scope.role),
    id: scope.id,
    module: name,
    args,
    register: textAt(spot, "register"),
    loop: loop?.value,
    loopPlace: loop === undefined ? undefined : placeOfLoop(loop),
    ...readLoopControl(childAt(spot, "loop_control")),
    notify: textsAt(childAt(spot, "notify")),
    listen: textsAt(childAt(spot, "listen")),
    until: conditionAt(spot, "until"),
    retries: numberAt(spot, "retries") ?? (childAt(spot, "until") === undefined ? 0 : 3),
    delaySeconds: secondsAt(spot, "delay") ?? 5,
    changedWhen: conditionAt(spot, "changed_when"),
    failedWhen: conditionAt(spot, "failed_when"),
    timeoutSeconds: secondsAt(spot, "timeout"),
    checkMode: flagAt(spot, "check_mode"),
  };
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

function readLoopControl(spot: Spot | undefined): Pick<Task, "loopVar" | "loopLabel"> {
  const label = spot === undefined ? undefined : childAt(spot, "label");
  return {
    loopVar: (spot === undefined ? undefined : textAt(spot, "loop_var")) ?? "item",
    loopLabel: label === undefined ? undefined : sourceAt(label),
  };
}

function placeOfLoop(loop: Spot) {
  return typeof loop.value === "string" ? sourceAt(loop).place : keyPlaceOf(loop);
}

function conditionAt(spot: Spot, key: string): Source | undefined {
  const child = childAt(spot, key);
  return child === undefined ? undefined : sourceAt(child);
}

function numberAt(spot: Spot, key: string): number | undefined {
  const value = childAt(spot, key)?.value;
  return typeof value === "number" ? value : undefined;
}

function secondsAt(spot: Spot, key: string): number | undefined {
  const value = childAt(spot, key)?.value;
  return value === undefined ? undefined : durationSeconds(value);
}
