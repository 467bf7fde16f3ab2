import { partsOf } from "./checks/known-names.ts";
import type { Play } from "./model/playbook.ts";
import type { Task, TaskNode } from "./model/task.ts";

/**
 * Whether plays may change the inventory of their run: by add_host, group_by, or reading it anew; or by an include whose
 * tasks are only read during the run.
 */
export function growsInventory(plays: readonly Play[]): boolean {
  return plays.some(({ tasks, handlers }) => [...tasks, ...handlers].some(grows));
}

function grows(node: TaskNode): boolean {
  if (node.kind === "meta") return node.action === "refresh_inventory";
  if (node.kind === "task") return addsToInventory(node);
  return node.gate?.late !== undefined || partsOf(node).some(grows);
}

/** Whether a task adds to the inventory of its run, and to nothing else. */
export function addsToInventory({ module }: Pick<Task, "module">): boolean {
  return module === "add_host" || module === "group_by";
}
