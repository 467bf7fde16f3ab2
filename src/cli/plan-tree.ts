import { wordsOfEstimate } from "../report/downtime-words.ts";
import { formatDuration } from "../report/format.ts";
import type { Foreseen, Plan, PlanNode, PlanPlay, PlanStage } from "./plan-data.ts";

/** One line of a tree, and what hangs below it. */
interface Branch {
  readonly text: string;
  readonly below: readonly Branch[];
}

/** A plan as a tree: the stages of a playbook with their plays, hosts, roles and tasks, and what was found on the hosts. */
export function planTree({ name, stages }: Plan): string {
  return `${treeLines({ text: name, below: stages.map(stageBranch) }).join("\n")}\n`;
}

function stageBranch(stage: PlanStage): Branch {
  const rollback = stage.rollback.map(playBranch);
  const back = rollback.length === 0 ? [] : [{ text: "rollback", below: rollback }];
  const stopped =
    stage.stopped === undefined ? [] : [{ text: `the look ended here: ${stage.stopped}`, below: [] }];
  return {
    text: `${stage.name}${stageNotes(stage)}`,
    below: [...stage.plays.map(playBranch), ...stopped, ...back],
  };
}

function stageNotes({ repeatable, requires, asksFirst, downtime }: PlanStage): string {
  const notes = [
    ...(repeatable ? ["as often as you like"] : []),
    ...requires.map(({ stage, withinSeconds }) =>
      withinSeconds === undefined ? `after ${stage}` : `within ${formatDuration(withinSeconds)} of ${stage}`,
    ),
    ...(asksFirst ? ["asks first"] : []),
    ...(downtime === undefined ? [] : [`downtime ${wordsOfEstimate(downtime)}`]),
  ];
  return notes.length === 0 ? "" : ` (${notes.join(", ")})`;
}

function playBranch({ name, hosts, tasks, handlers }: PlanPlay): Branch {
  const called = handlers.length === 0 ? [] : [{ text: "handlers", below: nodeBranches(handlers) }];
  return { text: `${name} [${hosts.join(", ")}]`, below: [...nodeBranches(tasks), ...called] };
}

function nodeBranches(nodes: readonly PlanNode[]): Branch[] {
  return nodes.flatMap((node) => {
    if (node.kind === "task") return [taskBranch(node)];
    if (node.kind === "block") return blockBranches(node);
    return [{ text: `${node.name ?? "meta"} (${node.action})`, below: [] }];
  });
}

function taskBranch({ name, module, tags, loop, hosts }: Extract<PlanNode, { kind: "task" }>): Branch {
  const notes = [...(loop ? ["loop"] : []), ...tags.map((tag) => `tag ${tag}`)];
  const label = name === undefined ? module : `${name} (${[module, ...notes].join(", ")})`;
  const below = Object.entries(hosts ?? {}).flatMap(([host, found]) =>
    found.map((one) => ({ text: `${host}: ${wordsOf(one)}`, below: [] })),
  );
  return { text: label, below };
}

function wordsOf({ status, text }: Foreseen): string {
  const [first] = (text ?? "").split("\n");
  return first === "" || first === undefined ? status : `${status}: ${first}`;
}

/** A role and a named block are a branch; a block without a name only holds its tasks together. */
function blockBranches({ name, block, rescue, always }: Extract<PlanNode, { kind: "block" }>): Branch[] {
  const below = [...nodeBranches(block), ...named("rescue", rescue), ...named("always", always)];
  return name === undefined ? below : [{ text: name, below }];
}

function named(text: string, nodes: readonly PlanNode[]): Branch[] {
  return nodes.length === 0 ? [] : [{ text, below: nodeBranches(nodes) }];
}

function treeLines({ text, below }: Branch): string[] {
  return [
    text,
    ...below.flatMap((branch, index) => {
      const isLast = index === below.length - 1;
      const [first, ...rest] = treeLines(branch);
      return [`${isLast ? "└─" : "├─"} ${first}`, ...rest.map((line) => `${isLast ? "  " : "│ "} ${line}`)];
    }),
  ];
}
