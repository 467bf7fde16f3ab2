import { existsSync, readdirSync } from "node:fs";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { isList, isMap } from "../contract/json.ts";
import { didYouMean } from "../expression/did-you-mean.ts";
import type { TaskNode } from "./model/task.ts";
import type { Reading, TaskScope } from "./reading.ts";
import { childAt, entriesOf, problemAt, type Spot } from "./yaml/spot.ts";

/** The path of a file that is named relative to another; undefined when it leads out of the project. */
export function fileInside(name: Spot, scope: TaskScope, reading: Reading): string | undefined {
  const written = String(name.value);
  const inside = relative(resolve(scope.boundary), resolve(scope.directory, written));
  if (inside !== ".." && !inside.startsWith(`..${sep}`) && !written.startsWith("/")) {
    return join(scope.directory, written);
  }
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

function filesBeside(file: string): string[] {
  return existsSync(dirname(file)) ? readdirSync(dirname(file)) : [];
}
