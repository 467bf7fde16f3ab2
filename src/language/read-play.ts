import { resolve } from "node:path";
import { isList, isMap } from "../contract/json.ts";
import { isTemplate } from "../expression/template.ts";
import { hintForAnsibleWord } from "./ansible-words.ts";
import { checkHandlerNames, checkNotifications, warnOfUnused } from "./checks/check-notifications.ts";
import { warnOfRunOnce } from "./checks/check-run-once.ts";
import { handlersIn } from "./handler-tasks.ts";
import type { BatchSize, HostOrder, Play } from "./model/playbook.ts";
import type { Source } from "./model/source.ts";
import type { Block, TaskNode } from "./model/task.ts";
import { withModuleDefaults } from "./module-defaults.ts";
import { flushBehind } from "./read-meta.ts";
import { readPrompts } from "./read-prompts.ts";
import { readRoleEntry } from "./read-role.ts";
import type { PlayNotes, Reading, TaskScope } from "./reading.ts";
import { validateSpot } from "./schema-problems/schema-problems.ts";
import { playSchema } from "./schemas/playbook.ts";
import {
  amountAt,
  flagAt,
  flagOrTemplateAt,
  readInheritedWords,
  templateAt,
  textAt,
  textsAt,
} from "./task-words.ts";
import { readVarsFiles } from "./vars-files.ts";
import { childAt, entriesOf, keyPlaceOf, problemAt, type Spot, sourceAt } from "./yaml/spot.ts";

/** Where a play stands. */
export interface PlayScope {
  /** Begins the ids of its tasks: "p1", or "rollback-p1". */
  readonly id: string;
  readonly directory: string;
  readonly boundary: string;
  /** Playbooks that import each other down to this one, as absolute paths. */
  readonly imports?: readonly string[] | undefined;
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
  const notes: PlayNotes = {
    ...{ notifications: [], roleHandlers: new Map(), publicRoles: [], lateIncludes: [] },
    hosts: hostsOf(spot),
  };
  const chain = [`play "${textAt(spot, "name") ?? textsAt(childAt(spot, "hosts")).join(", ")}"`];
  const bare: TaskScope = {
    ...{ ...scope, chain, stack: [resolve(spot.yaml.file)], play: notes },
    ...{ dependents: [], depth: 0, moduleDefaults: new Map() },
  };
  const taskScope: TaskScope = await withModuleDefaults(spot, bare, reading);
  const tasks = await readParts(spot, taskScope, reading);
  const handlers = childAt(spot, "handlers");
  const own = await reading.readTasks(entriesOf(handlers), { ...taskScope, id: `${scope.id}.handlers` });
  // The play's own last: they shadow those of roles, as in Ansible.
  const ownHandlers = handlersIn(own, reading.problems);
  const all = [...[...notes.roleHandlers.values()].flat(), ...ownHandlers];
  reading.problems.push(...checkNotifications(notes.notifications, all), ...checkHandlerNames(all));
  if (notes.lateIncludes.length === 0) {
    reading.problems.push(...warnOfUnused(notes.notifications, ownHandlers));
  }
  if (childAt(spot, "strategy")?.value === "free") reading.problems.push(...warnOfRunOnce(spot, tasks));
  return {
    name: textAt(spot, "name") ?? textsAt(childAt(spot, "hosts")).join(", "),
    place: keyPlaceOf(spot),
    hosts: notes.hosts,
    ...readInheritedWords(spot),
    gatherFacts: templateAt(spot, "gather_facts") ?? gatheringOf(flagAt(spot, "gather_facts")),
    varsFiles: await readVarsFiles(childAt(spot, "vars_files"), scope.directory, reading),
    prompts: readPrompts(childAt(spot, "vars_prompt"), reading),
    serial: batchSizesAt(childAt(spot, "serial")),
    order: (textAt(spot, "order") ?? "inventory") as HostOrder,
    strategy: textAt(spot, "strategy") === "free" ? "free" : "linear",
    maxFailPercentage: amountAt(spot, "max_fail_percentage"),
    forceHandlers: flagOrTemplateAt(spot, "force_handlers") ?? false,
    publicRoles: notes.publicRoles,
    tasks,
    handlers: all,
  };
}

function hostsOf(spot: Spot): Source {
  const hosts = childAt(spot, "hosts");
  const place = hosts === undefined ? keyPlaceOf(spot) : sourceAt(hosts).place;
  return { text: textsAt(hosts).join(","), place };
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
  const tasks = await tasksOf("tasks", "tasks");
  const post = await tasksOf("post_tasks", "post");
  const parts = [pre, [...roles, ...tasks], post].filter((part) => part.length > 0);
  // Handlers may be left from a run that failed: even a play without tasks has a flush.
  return (parts.length === 0 ? [[]] : parts).flatMap((part, index) => [
    ...part,
    flushBehind(spot, `${scope.id}.flush.${index + 1}`),
  ]);
}

function gatheringOf(written: boolean | undefined): Play["gatherFacts"] {
  if (written === undefined) return "missing";
  return written ? "anew" : "nothing";
}

/** A number, a per cent value, a template, or a list of them. */
function batchSizesAt(spot: Spot | undefined): (BatchSize | Source)[] {
  if (spot === undefined) return [];
  const spots = isList(spot.value) ? entriesOf(spot) : [spot];
  return spots.map((one) => {
    if (isTemplate(one.value)) return sourceAt(one);
    if (typeof one.value === "number") return { hosts: one.value };
    return { percent: Number.parseFloat(String(one.value)) };
  });
}

function playKeyHint(key: string): string | undefined {
  if (key === "hosts") return undefined;
  return hintForAnsibleWord(key);
}
