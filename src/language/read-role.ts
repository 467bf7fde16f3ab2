import { readdir, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import type { Problem } from "../contract/errors.ts";
import type { JsonObject, JsonSchema } from "../contract/json.ts";
import { didYouMean } from "../expression/did-you-mean.ts";
import type { RoleScope, Task, TaskNode } from "./model.ts";
import type { Reading, TaskScope } from "./reading.ts";
import { compileSchema } from "./schema-problems.ts";
import { isMap, problemAt, type Spot, valuesAt } from "./spot.ts";

/** A role as a playbook names it. */
export interface RoleUse {
  readonly name: Spot;
  readonly entry: string | undefined;
  readonly entrySpot: Spot;
  readonly parameters: JsonObject;
}

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

async function findRole({ name }: RoleUse, reading: Reading): Promise<string | undefined> {
  const wanted = String(name.value);
  const hint = "a role is named by its folder, with letters, digits, `_` and `-`";
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(wanted)) {
    reading.problems.push(problemAt(name, `\`${wanted}\` can't be the name of a role`, hint));
    return undefined;
  }
  for (const directory of reading.roleDirectories) {
    if (await isDirectory(join(directory, wanted))) return join(directory, wanted);
  }
  const known = (await Promise.all(reading.roleDirectories.map(foldersIn))).flat();
  const looked = reading.roleDirectories.join(", ");
  const otherwise = `looked in ${looked}; there ${known.length === 0 ? "are none" : `are ${[...new Set(known)].sort().join(", ")}`}`;
  reading.problems.push(
    problemAt(name, `unknown role \`${wanted}\``, didYouMean(wanted, known) ?? otherwise),
  );
  return undefined;
}

async function findEntry(
  use: RoleUse,
  entry: string,
  directory: string,
  reading: Reading,
): Promise<string | undefined> {
  const bare = entry.replace(/\.ya?ml$/, "");
  const tasks = join(directory, "tasks");
  const known = (await filesIn(tasks)).filter((file) => /\.ya?ml$/.test(file));
  const file = known.find((one) => one.replace(/\.ya?ml$/, "") === bare);
  if (file !== undefined) return join(tasks, file);
  const entries = known.map((one) => one.replace(/\.ya?ml$/, ""));
  const message = `the role \`${basename(directory)}\` has no entry point \`${bare}\``;
  const hint =
    didYouMean(bare, entries) ??
    `it has ${entries.length === 0 ? "no task file at all" : entries.join(", ")}`;
  reading.problems.push(problemAt(use.entrySpot, message, hint));
  return undefined;
}

async function makeScope(use: RoleUse, directory: string, reading: Reading): Promise<RoleScope> {
  return {
    name: basename(directory),
    directory,
    defaults: await readDefaults(join(directory, "defaults", "main.yml"), reading),
    parameters: use.parameters,
    argumentsSchema: await readArgumentsSchema(join(directory, "arguments.yml"), reading),
  };
}

async function readDefaults(file: string, reading: Reading): Promise<JsonObject> {
  const root = await readOptional(file, reading);
  if (root === undefined) return {};
  if (isMap(root.value)) return valuesAt(root);
  reading.problems.push(problemAt(root, "defaults have to be a mapping of variables", "write `name: value`"));
  return {};
}

async function readArgumentsSchema(file: string, reading: Reading): Promise<JsonSchema | undefined> {
  const root = await readOptional(file, reading);
  if (root === undefined) return undefined;
  if (!isMap(root.value)) {
    reading.problems.push(
      problemAt(root, "arguments.yml has to be a JSON Schema", "begin with `type: object`"),
    );
    return undefined;
  }
  try {
    compileSchema(root.value);
    return root.value;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    reading.problems.push(wrongSchema(root, error));
    return undefined;
  }
}

/** Ajv tells where by a path behind "data", and all that follows from the first fault too. */
function wrongSchema(root: Spot, error: Error): Problem {
  const [, pointer = "", reason = error.message] = /data(\/\S*)? ([^,]*)/.exec(error.message) ?? [];
  const hint = "write it as JSON Schema, with a `type` beside `properties`";
  return { message: `this is no JSON Schema: it ${reason}`, place: root.yaml.places.placeOf(pointer), hint };
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

async function readOptional(file: string, reading: Reading): Promise<Spot | undefined> {
  if (!(await isFile(file))) return undefined;
  const yaml = await reading.yaml(file);
  if (yaml?.value === undefined) return undefined;
  return { yaml, pointer: "", value: yaml.value };
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(missing))?.isFile() ?? false;
}

async function isDirectory(path: string): Promise<boolean> {
  return (await stat(path).catch(missing))?.isDirectory() ?? false;
}

async function filesIn(directory: string): Promise<string[]> {
  return (await readdir(directory).catch(missing)) ?? [];
}

async function foldersIn(directory: string): Promise<string[]> {
  const entries = (await readdir(directory, { withFileTypes: true }).catch(missing)) ?? [];
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}

/** Only a path that is not there counts as "no". */
function missing(error: unknown): undefined {
  if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR")) {
    return undefined;
  }
  throw error;
}

/** A name as part of a task's id, which becomes part of a job's name on the host. */
export function idPart(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_-]/g, "_");
}
