import { resolve } from "node:path";
import { hintForAnsibleWord } from "./ansible-words.ts";
import { checkNotifications } from "./check-notifications.ts";
import type { Block, Play, TaskNode } from "./model.ts";
import { readTaskFile } from "./read-include.ts";
import { onlyTasks, readRoleUse } from "./read-role.ts";
import type { PlayNotes, Reading, TaskScope } from "./reading.ts";
import { validateSpot } from "./schema-problems.ts";
import { playSchema, roleEntrySchema } from "./schemas/playbook.ts";
import { childAt, entriesOf, isMap, keyPlaceOf, problemAt, type Spot, sourceAt, valuesAt } from "./spot.ts";
import { flagAt, readWords, tagsAt, textAt, textsAt } from "./task-words.ts";

/** Where a play stands. */
export interface PlayScope {
  /** Begins the ids of its tasks: "p1", or "rollback-p1". */
  readonly id: string;
  readonly directory: string;
  readonly boundary: string;
}

/** Reads one play. undefined when it is no play at all, which is then among the problems. */
export async function readPlay(spot: Spot, scope: PlayScope, reading: Reading): Promise<Play | undefined> {
  if (!isMap(spot.value)) {
    reading.problems.push(
      problemAt(spot, "a play has to be a mapping", "write `- hosts: new` and its tasks"),
    );
    return undefined;
  }
  reading.problems.push(...validateSpot(playSchema, spot, { what: "a play", keyHint: playKeyHint }));
  const notes: PlayNotes = { notifications: [], roleHandlers: new Map() };
  const taskScope: TaskScope = { ...scope, stack: [resolve(spot.yaml.file)], play: notes };
  const tasks = await readParts(spot, taskScope, reading);
  const handlers = childAt(spot, "handlers");
  const own = await reading.readTasks(entriesOf(handlers), { ...taskScope, id: `${scope.id}.handlers` });
  const all = [...onlyTasks(own, handlers ?? spot, reading), ...[...notes.roleHandlers.values()].flat()];
  reading.problems.push(...checkNotifications(notes.notifications, all));
  const hosts = childAt(spot, "hosts");
  const hostTexts = textsAt(hosts);
  return {
    name: textAt(spot, "name") ?? hostTexts.join(", "),
    place: keyPlaceOf(spot),
    hosts: {
      text: hostTexts.join(","),
      place: hosts === undefined ? keyPlaceOf(spot) : sourceAt(hosts).place,
    },
    gatherFacts: flagAt(spot, "gather_facts") ?? true,
    vars: valuesAt(childAt(spot, "vars")),
    become: flagAt(spot, "become"),
    becomeUser: textAt(spot, "become_user"),
    tags: tagsAt(childAt(spot, "tags")),
    tasks,
    handlers: all,
  };
}

async function readParts(spot: Spot, scope: TaskScope, reading: Reading): Promise<TaskNode[]> {
  const tasksOf = (key: string, id: string) =>
    reading.readTasks(entriesOf(childAt(spot, key)), { ...scope, id: `${scope.id}.${id}` });
  const pre = await tasksOf("pre_tasks", "pre");
  const roles: Block[] = [];
  for (const [index, entry] of entriesOf(childAt(spot, "roles")).entries()) {
    const role = await readRoleEntry(entry, { ...scope, id: `${scope.id}.roles.${index + 1}` }, reading);
    if (role !== undefined) roles.push(role);
  }
  return [...pre, ...roles, ...(await tasksOf("tasks", "tasks")), ...(await tasksOf("post_tasks", "post"))];
}

async function readRoleEntry(spot: Spot, scope: TaskScope, reading: Reading): Promise<Block | undefined> {
  reading.problems.push(
    ...validateSpot(roleEntrySchema, spot, {
      what: "a role",
      keyHint: (key) => (key === "name" ? "write `role`" : undefined),
    }),
  );
  const name = isMap(spot.value) ? childAt(spot, "role") : spot;
  if (typeof name?.value !== "string" || name.value === "") return undefined;
  const use = {
    name,
    entry: textAt(spot, "tasks_from"),
    entrySpot: childAt(spot, "tasks_from") ?? name,
    parameters: valuesAt(childAt(spot, "vars")),
  };
  const part = await readRoleUse(use, scope, reading, readTaskFile);
  if (part === undefined) return undefined;
  const words = { ...readWords(spot, part.role), vars: {} };
  return { kind: "block", ...words, block: part.tasks, rescue: [], always: [] };
}

function playKeyHint(key: string): string | undefined {
  if (key === "hosts") return undefined;
  return hintForAnsibleWord(key);
}
