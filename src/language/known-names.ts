import { magicNames } from "../expression/magic-names.ts";
import type { Block, Playbook, RoleScope, Task, TaskNode } from "./model.ts";
import type { PlaybookContext } from "./playbook-context.ts";

/** Names of variables that something sets. undefined: it can't be known, and names are not checked. */
export type KnownNames = ReadonlySet<string> | undefined;

/** What every task of the playbook knows: Mailferry's own names, the inventory's, the playbook's, all that tasks register. */
export function namesOfPlaybook(playbook: Playbook, context: PlaybookContext): KnownNames {
  if (context.inventory === undefined) return undefined;
  const hosts = [...context.inventory.hosts.values()];
  const plays = playbook.stages.flatMap(({ plays, rollback }) => [...plays, ...rollback]);
  const tasks = plays.flatMap((play) => [...play.tasks.flatMap(tasksIn), ...play.handlers]);
  return new Set([
    ...magicNames.filter((name) => name !== "item" && name !== "role_path"),
    ...hosts.flatMap(({ variables }) => Object.keys(variables)),
    ...(context.extraVariables ?? []),
    ...Object.keys(playbook.vars),
    ...tasks.flatMap(namesSetBy),
  ]);
}

/** The tasks of a node and of all blocks inside it. */
export function tasksIn(node: TaskNode): Task[] {
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
  return ["role_path", ...Object.keys(role.defaults), ...Object.keys(role.parameters), ...declared];
}

/** More names beside those known. */
export function withNames(known: KnownNames, more: readonly string[]): KnownNames {
  if (known === undefined || more.length === 0) return known;
  return new Set([...known, ...more]);
}

function namesSetBy(task: Task): string[] {
  const registered = task.register === undefined ? [] : [task.register];
  return task.module === "set_fact" ? [...registered, ...Object.keys(task.args.values)] : registered;
}
