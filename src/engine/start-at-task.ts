import { Failure } from "../contract/errors.ts";
import { didYouMean } from "../expression/did-you-mean.ts";
import type { Stage } from "../language/model/playbook.ts";
import type { Meta, Task, TaskNode } from "../language/model/task.ts";

/**
 * The ids of the tasks that stand before the first one of that name: `--start-at-task` leaves them out. The name may
 * be a glob, and may begin with the role's, as in "maildir : Copy". Throws a Failure when no task has it.
 */
export function tasksBefore(stage: Stage, wanted: string): ReadonlySet<string> {
  const tasks = stage.plays.flatMap((play) => play.tasks.flatMap(tasksIn));
  const first = tasks.findIndex((task) => namesOf(task).some((name) => isNamed(name, wanted)));
  if (first >= 0) return new Set(tasks.slice(0, first).map(({ id }) => id));
  const names = tasks.flatMap(({ name }) => (name === undefined ? [] : [name]));
  const guess = didYouMean(wanted, names);
  const message = `no task of stage ${stage.name} is named "${wanted}"`;
  throw new Failure("bad-input", guess === undefined ? message : `${message}, ${guess}`, {
    next: `--list-tasks --stage ${stage.name} shows them all.`,
  });
}

/** The tasks of a node in the order in which they run. */
function tasksIn(node: TaskNode): (Task | Meta)[] {
  if (node.kind !== "block") return node.kind === "meta" && node.implicit ? [] : [node];
  return [...node.block, ...node.rescue, ...node.always].flatMap(tasksIn);
}

function namesOf(task: Task | Meta): string[] {
  if (task.name === undefined) return [];
  const { role, name } = task;
  return role === undefined ? [name] : [name, `${role.name} : ${name}`, `${role.name}: ${name}`];
}

function isNamed(name: string, wanted: string): boolean {
  return name === wanted || patternOf(wanted).test(name);
}

/** `*` for any text and `?` for one letter. */
function patternOf(glob: string): RegExp {
  const literal = glob.replaceAll(/[.+^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${literal.replaceAll("*", ".*").replaceAll("?", ".")}$`, "s");
}
