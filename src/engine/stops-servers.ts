import { tasksIn } from "../language/checks/known-names.ts";
import type { Stage } from "../language/model/playbook.ts";
import type { Task } from "../language/model/task.ts";

/**
 * A stage that asks before it begins, that has a way back or is one, or that stops a service and keeps it down, stops and starts
 * servers. A list of plays is no stage of a migration: what it stops is its own affair.
 */
export function stopsServers({ confirm, rollback, undoes, plays, isPlainList }: Stage): boolean {
  if (confirm !== undefined || rollback.length > 0 || undoes.length > 0) return true;
  return !isPlainList && plays.some(({ tasks }) => tasks.flatMap(tasksIn).some(keepsDown));
}

function keepsDown({ module, args: { values } }: Task): boolean {
  return ["service", "systemd"].includes(module) && (values.masked ?? false) !== false;
}
