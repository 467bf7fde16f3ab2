import { magicNames } from "../../expression/magic-names.ts";
import type { Play, Playbook } from "../model/playbook.ts";
import type { RoleScope } from "../model/role.ts";
import type { Block, Task, TaskNode } from "../model/task.ts";
import type { PlaybookContext } from "../playbook-context.ts";
import { rolesRound } from "../role-scope.ts";

/** Names of variables that something sets. undefined: it can't be known, and names are not checked. */
export type KnownNames = ReadonlySet<string> | undefined;

/** What is known only inside of something: a loop, a role, a rescue. */
const namesInPlaces: readonly string[] = [
  "item",
  "loop_info",
  "role_name",
  "role_path",
  "failed_task",
  "failed_result",
];

/** What every task of the playbook knows: Mailferry's own names, the inventory's, the playbook's, all that tasks register. */
export function namesOfPlaybook(playbook: Playbook, context: PlaybookContext): KnownNames {
  if (context.inventory === undefined || hasLate(playbook)) return undefined;
  const hosts = [...context.inventory.hosts.values()];
  const plays = playbook.stages.flatMap(({ plays, rollback }) => [...plays, ...rollback]);
  const tasks = plays.flatMap((play) => [...play.tasks.flatMap(tasksIn), ...play.handlers]);
  // What it makes may be named in group_vars that no group has yet.
  if (tasks.some(({ module }) => module === "group_by")) return undefined;
  return new Set([
    ...magicNames.filter((name) => !namesInPlaces.includes(name)),
    ...hosts.flatMap(({ variables }) => Object.keys(variables)),
    ...(context.extraVariables ?? []),
    ...Object.keys(playbook.vars),
    ...tasks.flatMap(namesSetBy),
  ]);
}

/** Whether what some include reads is only known during the run: any name may be set there. */
function hasLate({ stages }: Playbook): boolean {
  const isLate = (node: TaskNode): boolean => {
    if (node.kind === "block") return node.gate?.late !== undefined || partsOf(node).some(isLate);
    return node.kind === "task" && node.included === "late";
  };
  return stages.some(({ plays, rollback }) =>
    [...plays, ...rollback].some(({ tasks }) => tasks.some(isLate)),
  );
}

/** The tasks of a node and of all blocks inside it. */
export function tasksIn(node: TaskNode): Task[] {
  if (node.kind === "meta") return [];
  return node.kind === "task" ? [node] : partsOf(node).flatMap(tasksIn);
}

/** The nodes of a block in the order they may run. */
export function partsOf({ block, rescue, always }: Block): TaskNode[] {
  return [...block, ...rescue, ...always];
}

/** The names that a role brings for its own tasks. */
export function namesOfRole(role: RoleScope | undefined): string[] {
  if (role === undefined) return [];
  const declared = Object.keys((role.argumentsSchema?.properties ?? {}) as object);
  const names = rolesRound(role).flatMap(({ defaults, vars, entryVars = {}, parameters }) =>
    [defaults, vars, entryVars, parameters].flatMap((values) => Object.keys(values)),
  );
  return ["role_name", "role_path", ...names, ...declared];
}

/** More names beside those known. */
export function withNames(known: KnownNames, more: readonly string[]): KnownNames {
  if (known === undefined || more.length === 0) return known;
  return new Set([...known, ...more]);
}

function namesSetBy(task: Task): string[] {
  const registered = task.register === undefined ? [] : [task.register];
  const included = typeof task.included === "object" ? Object.keys(task.included) : [];
  const isSetter = task.module === "set_fact" || task.module === "add_host";
  return [...registered, ...included, ...(isSetter ? Object.keys(task.args.values) : [])];
}

/** What the tasks of a play know beside what all know. Files whose names are templates can't be read before the run. */
export function namesInPlay(known: KnownNames, play: Play): KnownNames {
  if (play.varsFiles.some(({ values }) => values === undefined)) return undefined;
  return withNames(known, [
    ...play.publicRoles.flatMap(namesOfRole).filter((name) => name !== "role_path" && name !== "role_name"),
    ...Object.keys(play.vars),
    ...play.prompts.map(({ name }) => name),
    ...play.varsFiles.flatMap(({ values = {} }) => Object.keys(values)),
  ]);
}
