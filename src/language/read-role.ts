import { join, resolve } from "node:path";
import { findEntry, findRole, type RoleUse } from "./find-role.ts";
import type { RoleScope, Task, TaskNode } from "./model.ts";
import type { Reading, TaskScope } from "./reading.ts";
import { makeScope, readOptional } from "./role-scope.ts";
import { problemAt, type Spot } from "./spot.ts";

/** A role's tasks from one entry point, and the scope they run in. */
export interface RolePart {
  readonly role: RoleScope;
  readonly tasks: readonly TaskNode[];
}

type ReadTaskFile = (file: string, namedAt: Spot, scope: TaskScope, reading: Reading) => Promise<TaskNode[]>;

/** Reads the part of a role that is used, and its handlers for the play. undefined when there is no such role or entry. */
export async function readRoleUse(
  use: RoleUse,
  scope: TaskScope,
  reading: Reading,
  readTaskFile: ReadTaskFile,
): Promise<RolePart | undefined> {
  const directory = await findRole(use, reading);
  if (directory === undefined) return undefined;
  const entry = use.entry ?? "main";
  const file = await findEntry(use, entry, directory, reading);
  if (file === undefined) return undefined;
  const role = await makeScope(use, directory, reading);
  const inside: TaskScope = {
    ...scope,
    id: `${scope.id}.${idPart(role.name)}-${idPart(entry)}`,
    directory: join(directory, "tasks"),
    boundary: directory,
    role,
  };
  const tasks = await readTaskFile(file, use.name, inside, reading);
  await readHandlers(role, use.name, inside, reading, readTaskFile);
  return { role, tasks };
}

/** A role's handlers, once for each play however often the role is used in it. */
async function readHandlers(
  role: RoleScope,
  namedAt: Spot,
  scope: TaskScope,
  reading: Reading,
  readTaskFile: ReadTaskFile,
): Promise<void> {
  const { roleHandlers } = scope.play;
  const key = resolve(role.directory);
  if (roleHandlers.has(key)) return;
  roleHandlers.set(key, []);
  const file = join(role.directory, "handlers", "main.yml");
  const root = await readOptional(file, reading);
  if (root === undefined) return;
  const id = `${scope.id.split(".")[0]}.handlers.${idPart(role.name)}`;
  const nodes = await readTaskFile(
    file,
    namedAt,
    { ...scope, id, directory: join(role.directory, "handlers") },
    reading,
  );
  roleHandlers.set(key, onlyTasks(nodes, root, reading));
}

/** Handlers are tasks, not blocks. */
export function onlyTasks(nodes: readonly TaskNode[], spot: Spot, reading: Reading): Task[] {
  const tasks = nodes.filter((node) => node.kind === "task");
  if (tasks.length < nodes.length) {
    reading.problems.push(
      problemAt(spot, "a handler has to be a single task", "notify several handlers instead"),
    );
  }
  return tasks;
}

/** A name as part of a task's id, which becomes part of a job's name on the host. */
export function idPart(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_-]/g, "_");
}
