import { existsSync, readdirSync } from "node:fs";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { didYouMean } from "../expression/did-you-mean.ts";
import { hintForAnsibleWord } from "./ansible-words.ts";
import type { Block, TaskNode } from "./model.ts";
import { readRoleUse } from "./read-role.ts";
import type { Reading, TaskScope } from "./reading.ts";
import { validateSpot } from "./schema-problems.ts";
import { includeRoleSchema, includeTasksSchema } from "./schemas/task.ts";
import { childAt, entriesOf, isList, isMap, problemAt, type Spot, valuesAt } from "./spot.ts";
import { readWords, textAt } from "./task-words.ts";

/** Reads `include_tasks`: a block of the tasks of another file. */
export async function readIncludedTasks(
  spot: Spot,
  scope: TaskScope,
  reading: Reading,
): Promise<Block | undefined> {
  const problems = validateSpot(includeTasksSchema, spot, { what: "an include of tasks", keyHint });
  reading.problems.push(...problems);
  const given = childAt(spot, "include_tasks") ?? childAt(spot, "import_tasks");
  const name = given !== undefined && isMap(given.value) ? childAt(given, "file") : given;
  if (name === undefined || typeof name.value !== "string" || name.value === "") return undefined;
  const file = fileInside(name, scope, reading);
  if (file === undefined) return undefined;
  const block = await readTaskFile(file, name, scope, reading);
  return { kind: "block", ...readWords(spot, scope.role), block, rescue: [], always: [] };
}

function fileInside(name: Spot, scope: TaskScope, reading: Reading): string | undefined {
  const written = String(name.value);
  if (written.includes("{{")) {
    const hint = "write the file's name; choose between files with `when`";
    reading.problems.push(
      problemAt(name, "an included file is read before anything runs: its name can't be a template", hint),
    );
    return undefined;
  }
  const file = join(scope.directory, written);
  const inside = relative(resolve(scope.boundary), resolve(scope.directory, written));
  if (inside !== ".." && !inside.startsWith(`..${sep}`) && !written.startsWith("/")) return file;
  const hint = "put the file beside this one, or make the tasks a role";
  reading.problems.push(problemAt(name, `${written} leads out of the project`, hint));
  return undefined;
}

/** The tasks of a file, with the file on the stack of what is being read. */
export async function readTaskFile(
  file: string,
  namedAt: Spot,
  scope: TaskScope,
  reading: Reading,
): Promise<TaskNode[]> {
  const absolute = resolve(file);
  if (scope.stack.includes(absolute)) {
    const way = [...scope.stack.slice(scope.stack.indexOf(absolute)), absolute]
      .map((one) => relative(resolve(scope.boundary), one))
      .join(" → ");
    const hint = "take one of the includes out; loop inside a task instead";
    reading.problems.push(problemAt(namedAt, `files include each other in a circle: ${way}`, hint));
    return [];
  }
  if (!existsSync(file)) {
    const near = didYouMean(basename(file), filesBeside(file));
    reading.problems.push(problemAt(namedAt, `there is no file ${file}`, near));
    return [];
  }
  const yaml = await reading.yaml(file);
  if (yaml === undefined) return [];
  const root: Spot = { yaml, pointer: "", value: yaml.value ?? [] };
  if (!isList(root.value)) {
    const hint =
      isMap(root.value) && childAt(root, "hosts") !== undefined
        ? "that is a play"
        : "begin each task with `- `";
    reading.problems.push(problemAt(root, `${file} has to be a list of tasks`, hint));
    return [];
  }
  return reading.readTasks(entriesOf(root), {
    ...scope,
    directory: dirname(file),
    stack: [...scope.stack, absolute],
  });
}

/** Reads `include_role`: a block of the tasks of a role's entry point. */
export async function readIncludedRole(
  spot: Spot,
  scope: TaskScope,
  reading: Reading,
): Promise<Block | undefined> {
  reading.problems.push(...validateSpot(includeRoleSchema, spot, { what: "an include of a role", keyHint }));
  const given = childAt(spot, "include_role") ?? childAt(spot, "import_role");
  const name = given === undefined ? undefined : childAt(given, "name");
  if (given === undefined || typeof name?.value !== "string") return undefined;
  const use = {
    name,
    entry: textAt(given, "tasks_from"),
    entrySpot: childAt(given, "tasks_from") ?? name,
    parameters: valuesAt(childAt(given, "vars")),
  };
  const part = await readRoleUse(use, scope, reading, readTaskFile);
  if (part === undefined) return undefined;
  return { kind: "block", ...readWords(spot, part.role), block: part.tasks, rescue: [], always: [] };
}

function keyHint(key: string): string | undefined {
  if (key === "loop" || key.startsWith("with_")) {
    return "an include can't loop: loop in the tasks inside";
  }
  if (key === "register") return "register at a task inside";
  return hintForAnsibleWord(key);
}

function filesBeside(file: string): string[] {
  return existsSync(dirname(file)) ? readdirSync(dirname(file)) : [];
}
