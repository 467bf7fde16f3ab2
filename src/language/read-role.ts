import { basename, join, resolve } from "node:path";
import { isMap } from "../contract/json.ts";
import { findEntry, findRole, findRoleFile, type RoleUse } from "./find-role.ts";
import { handlersIn } from "./handler-tasks.ts";
import { inBlock } from "./inherit-words.ts";
import type { RoleScope } from "./model/role.ts";
import type { Block, Task, TaskNode } from "./model/task.ts";
import { withModuleDefaults } from "./module-defaults.ts";
import { readTaskFile } from "./read-task-file.ts";
import type { Reading, TaskScope } from "./reading.ts";
import { readRoleMeta } from "./role-meta.ts";
import { checkParameters, parametersOf } from "./role-parameters.ts";
import { makeScope, overDependencies, readOptional } from "./role-scope.ts";
import { validateSpot } from "./schema-problems/schema-problems.ts";
import { roleEntrySchema } from "./schemas/playbook.ts";
import { flagAt, readWords, textAt } from "./task-words.ts";
import { childAt, problemAt, type Spot, valuesAt } from "./yaml/spot.ts";

/** A role's tasks from one entry point behind those of the roles it depends on, and the scope they run in. */
export interface RolePart {
  readonly role: RoleScope;
  readonly tasks: readonly TaskNode[];
  /** Whether it says of itself that it runs each time. */
  readonly mayRepeat: boolean;
}

/** Reads an entry of `roles:`, or a dependency of a role. */
export async function readRoleEntry(
  spot: Spot,
  outer: TaskScope,
  reading: Reading,
): Promise<Block | undefined> {
  reading.problems.push(...validateSpot(roleEntrySchema, spot, { what: "a role" }));
  const name = isMap(spot.value) ? childAt(spot, "role") : spot;
  if (typeof name?.value !== "string" || name.value === "") {
    reading.problems.push(...checkParameters(spot, undefined));
    return undefined;
  }
  const use: RoleUse = {
    name,
    entry: textAt(spot, "tasks_from"),
    entrySpot: childAt(spot, "tasks_from") ?? name,
    entryVars: valuesAt(childAt(spot, "vars")),
    parameters: parametersOf(spot),
    words: spot,
    isPublic: flagAt(spot, "public") ?? false,
  };
  const scope = await withModuleDefaults(spot, outer, reading);
  const part = await readRoleUse(use, scope, reading);
  reading.problems.push(...checkParameters(spot, part?.role));
  if (part === undefined) return undefined;
  const words = { ...readWords(spot, part.role), vars: {} };
  const onceKey = part.mayRepeat
    ? undefined
    : onceKeyOf(use, part.role, [words.when.map(({ text }) => text), words.tags]);
  return { kind: "block", ...words, onceKey, block: part.tasks, rescue: [], always: [] };
}

/** What is the same for two uses of a role that are one. */
export function onceKeyOf(use: RoleUse, role: RoleScope, words: unknown = []): string {
  return JSON.stringify([role.directory, use.entry ?? "main", use.parameters, use.entryVars, words]);
}

/** Reads the part of a role that is used, and its handlers for the play. undefined when there is no such role or entry. */
export async function readRoleUse(
  use: RoleUse,
  scope: TaskScope,
  reading: Reading,
): Promise<RolePart | undefined> {
  const directory = await findRole(use, reading);
  if (directory === undefined || isCircle(use, directory, scope, reading)) return undefined;
  const entry = use.entry ?? "main";
  const file = await findEntry(use, entry, directory, reading);
  if (file === undefined) return undefined;
  const own = await makeScope(use, directory, scope.role, reading);
  const meta = await readRoleMeta(directory, reading);
  const inside: TaskScope = {
    ...scope,
    id: `${scope.id}.${idPart(own.name)}-${idPart(entry)}`,
    directory: join(directory, "tasks"),
    boundary: directory,
    role: own,
    dependents: [],
    chain: [...scope.chain, entry === "main" ? `role ${own.name}` : `role ${own.name} (${entry})`],
  };
  noteFiles(directory, inside.chain, reading);
  const before = await readDependencies(
    meta.dependencies,
    { ...inside, dependents: [...scope.dependents, directory] },
    reading,
  );
  const role = overDependencies(
    own,
    before.flatMap((block) => (block.role === undefined ? [] : [block.role])),
  );
  if (use.isPublic) scope.play.publicRoles.push(role);
  const tasks = await readTaskFile(file, use.name, { ...inside, role }, reading);
  await readHandlers(use, { ...inside, role }, reading);
  return { role, tasks: [...before, ...tasks], mayRepeat: meta.mayRepeat };
}

async function readDependencies(
  entries: readonly Spot[],
  scope: TaskScope,
  reading: Reading,
): Promise<Block[]> {
  const blocks: Block[] = [];
  for (const [index, entry] of entries.entries()) {
    const block = await readRoleEntry(entry, { ...scope, id: `${scope.id}.needs${index + 1}` }, reading);
    if (block !== undefined) blocks.push(block);
  }
  return blocks;
}

function isCircle({ name }: RoleUse, directory: string, scope: TaskScope, reading: Reading): boolean {
  if (!scope.dependents.includes(directory)) return false;
  const way = [...scope.dependents.slice(scope.dependents.indexOf(directory)), directory].map((one) =>
    basename(one),
  );
  const message = `roles depend on each other in a circle: ${way.join(" → ")}`;
  reading.problems.push(problemAt(name, message, "take one of the dependencies out"));
  return true;
}

/** What is wrong in a role's variables is told with the way to the role. */
function noteFiles(directory: string, chain: readonly string[], reading: Reading): void {
  for (const file of ["defaults/main.yml", "vars/main.yml", "meta/main.yml", "arguments.yml"]) {
    reading.outline.push({ place: { file: join(directory, file), line: 1, column: 1 }, chain });
  }
}

/** A role's handlers, once for each play however often the role is used in it. */
async function readHandlers(use: RoleUse, scope: TaskScope, reading: Reading): Promise<void> {
  const { role } = scope;
  if (role === undefined) return;
  const { roleHandlers } = scope.play;
  const file = await findRoleFile(role.directory, "handlers", use, reading);
  const key = resolve(file);
  if (roleHandlers.has(key)) return;
  roleHandlers.set(key, []);
  const root = await readOptional(file, reading);
  if (root === undefined) return;
  const chain = [...scope.chain.slice(0, -1), `handlers of role ${role.name}`];
  const id = `${scope.id.split(".")[0]}.handlers.${idPart(role.name)}`;
  const inside = { ...scope, id, directory: join(role.directory, "handlers"), chain };
  const nodes = await readTaskFile(file, use.name, inside, reading);
  const handlers = handlersIn(nodes, reading.problems);
  roleHandlers.set(key, use.words === undefined ? handlers : withWordsOf(use.words, handlers));
}

// Not its `when`: the handlers are there for every use of the role, also for one on other conditions.
function withWordsOf(entry: Spot, handlers: readonly Task[]): Task[] {
  const words = { ...readWords(entry, undefined), vars: {}, when: [] };
  return handlers.map((handler) =>
    inBlock({ kind: "block", ...words, block: [], rescue: [], always: [] }, handler),
  );
}

/** A name as part of a task's id, which becomes part of a job's name on the host. */
function idPart(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_-]/g, "_");
}
