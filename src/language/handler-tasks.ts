import type { Problem } from "../contract/errors.ts";
import { inBlock } from "./inherit-words.ts";
import type { Block, Gate, Task, TaskNode } from "./model/task.ts";

/**
 * The handlers in a list of nodes. A block (and an import) lends its words to each handler in it, and is none itself, as
 * in Ansible; each task of an include answers to the include's name. What can't be a handler is among the problems.
 */
export function handlersIn(nodes: readonly TaskNode[], problems: Problem[]): Task[] {
  return nodes.flatMap((node) => {
    if (node.kind === "task") return [node];
    if (node.kind === "meta") {
      problems.push(refusal(node, "a `meta` task can't be a handler", "write it among the tasks"));
      return [];
    }
    if (node.rescue.length + node.always.length > 0) {
      const hint =
        "each task of a block is a handler of its own: Ansible runs no `rescue` and no `always` of it";
      problems.push(refusal(node, "a block of handlers has no `rescue` and no `always`", hint));
    }
    return node.gate === undefined
      ? inside(node, problems)
      : ofInclude({ ...node, gate: node.gate }, problems);
  });
}

function inside(block: Block, problems: Problem[]): Task[] {
  return handlersIn(
    block.block.map((inner) => inBlock(block, inner)),
    problems,
  );
}

function ofInclude(include: Block & { readonly gate: Gate }, problems: Problem[]): Task[] {
  const { gate, name } = include;
  if (gate.late !== undefined || gate.loop !== undefined) {
    const hint = "write a plain name and no `loop`: handlers are known before the run";
    problems.push(refusal(include, `this \`${gate.word}\` can't be a handler`, hint));
    return [];
  }
  const tasks = inside({ ...include, when: [...include.when, ...gate.when] }, problems);
  return name === undefined ? tasks : tasks.map((task) => ({ ...task, listen: [...task.listen, name] }));
}

function refusal({ place }: TaskNode, message: string, hint: string): Problem {
  return { message, place, hint };
}
