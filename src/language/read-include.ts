import { isMap } from "../contract/json.ts";
import { hintForAnsibleWord } from "./ansible-words.ts";
import { isLate, readLate } from "./late-include.ts";
import type { Block, Gate, TaskNode } from "./model/task.ts";
import { withModuleDefaults } from "./module-defaults.ts";
import { readLoop } from "./read-loop.ts";
import { fileInside, readTaskFile } from "./read-task-file.ts";
import type { Reading, TaskScope } from "./reading.ts";
import { validateSpot } from "./schema-problems/schema-problems.ts";
import { importTasksSchema, includeTasksSchema } from "./schemas/include.ts";
import { readWords } from "./task-words.ts";
import { childAt, problemAt, type Spot } from "./yaml/spot.ts";

/** Reads `include_tasks`: a block of the tasks of another file, behind a gate. */
export async function readIncludedTasks(
  spot: Spot,
  outer: TaskScope,
  reading: Reading,
): Promise<Block | undefined> {
  const options = { what: "an include of tasks", keyHint: includeHint };
  reading.problems.push(...validateSpot(includeTasksSchema, spot, options));
  const name = fileNamed(spot, "include_tasks");
  if (name === undefined) return undefined;
  const scope = await withModuleDefaults(spot, outer, reading);
  const read = async (file: Spot, at: TaskScope, into: Reading) =>
    applied(childAt(spot, "include_tasks"), at, await readNamed(file, at, into));
  const late = isLate(name)
    ? readLate([name], scope, reading, ([file = name], at, into) => read(file, at, into))
    : undefined;
  const block = late === undefined ? await read(name, scope, reading) : [];
  return gated(spot, scope, "include_tasks", { block, late });
}

/** Reads `import_tasks`: a block of the tasks of another file, with the words beside it. */
export async function readImportedTasks(
  spot: Spot,
  outer: TaskScope,
  reading: Reading,
): Promise<Block | undefined> {
  const options = { what: "an import of tasks", keyHint: importHint };
  reading.problems.push(...validateSpot(importTasksSchema, spot, options));
  const name = fileNamed(spot, "import_tasks");
  if (name === undefined || !isPlain(name, "include_tasks", reading)) return undefined;
  const scope = await withModuleDefaults(spot, outer, reading);
  const block = await readNamed(name, scope, reading);
  return { kind: "block", ...readWords(spot, scope.role), block, rescue: [], always: [] };
}

/** A block behind the gate that an include's own words are. */
export function gated(
  spot: Spot,
  scope: TaskScope,
  word: Gate["word"],
  { block, late }: Pick<Block, "block"> & Pick<Gate, "late">,
): Block {
  const words = readWords(spot, scope.role);
  const { when, tags, vars } = words;
  const gate: Gate = { id: scope.id, word, when, tags, vars, loop: readLoop(spot), late };
  return { kind: "block", ...words, when: [], tags: [], vars: {}, gate, block, rescue: [], always: [] };
}

/** The nodes with the words of `apply` round them. */
export function applied(given: Spot | undefined, scope: TaskScope, block: readonly TaskNode[]): TaskNode[] {
  const words = given === undefined || !isMap(given.value) ? undefined : childAt(given, "apply");
  if (words === undefined) return [...block];
  return [{ kind: "block", ...readWords(words, scope.role), block, rescue: [], always: [] }];
}

/** Whether a name is one that an import can read before the run. */
export function isPlain(name: Spot, include: Gate["word"], reading: Reading): boolean {
  if (!isLate(name)) return true;
  const message = "an import is read before anything runs: its name can't be a template";
  reading.problems.push(problemAt(name, message, `write \`${include}\``));
  return false;
}

/** What to write in place of a word that an include does not have. */
export function includeHint(key: string): string | undefined {
  if (key === "register" || key === "notify") return `write \`${key}\` at a task inside`;
  return hintForAnsibleWord(key);
}

/** What to write in place of a word that an import does not have. */
export function importHint(key: string): string | undefined {
  if (key === "loop" || key === "loop_control" || key.startsWith("with_")) {
    return "an import is read once: include it to loop over it";
  }
  return includeHint(key);
}

function fileNamed(spot: Spot, word: "include_tasks" | "import_tasks"): Spot | undefined {
  const given = childAt(spot, word);
  const name = given !== undefined && isMap(given.value) ? childAt(given, "file") : given;
  return typeof name?.value === "string" && name.value !== "" ? name : undefined;
}

async function readNamed(name: Spot, scope: TaskScope, reading: Reading): Promise<TaskNode[]> {
  const file = fileInside(name, scope, reading);
  if (file === undefined) return [];
  const chain = [...scope.chain, `include ${String(name.value)}`];
  return readTaskFile(file, name, { ...scope, chain }, reading);
}
