import { holdVariables } from "../engine/host-variables.ts";
import { planPlays, stageOf } from "../engine/plan.ts";
import type { Block, Play, Playbook, Stage, TaskNode } from "../language/model.ts";
import { formatDuration } from "../report/format.ts";
import type { Project } from "./load-project.ts";

/** One line of a tree, and what hangs below it. */
interface Branch {
  readonly text: string;
  readonly below: readonly Branch[];
}

/** The stages of a playbook with their plays, hosts, roles and tasks, as a tree. One stage alone when it is named. */
export function planTree(project: Project, stageName: string | undefined): string {
  const { playbook } = project;
  const stages = stageName === undefined ? playbook.stages : [stageOf(playbook, stageName)];
  const root: Branch = { text: playbook.name, below: stages.map((stage) => stageBranch(stage, project)) };
  return `${treeLines(root).join("\n")}\n`;
}

function stageBranch(stage: Stage, project: Project): Branch {
  const plays = playBranches(stage.plays, project);
  const rollback = playBranches(stage.rollback, project);
  const back = rollback.length === 0 ? [] : [{ text: "rollback", below: rollback }];
  return { text: `${stage.name}${stageNotes(stage)}`, below: [...plays, ...back] };
}

function stageNotes({ repeatable, requires, confirm }: Stage): string {
  const notes = [
    ...(repeatable ? ["as often as you like"] : []),
    ...requires.map(({ stage, withinSeconds }) =>
      withinSeconds === undefined ? `after ${stage}` : `within ${formatDuration(withinSeconds)} of ${stage}`,
    ),
    ...(confirm === undefined ? [] : ["asks first"]),
  ];
  return notes.length === 0 ? "" : ` (${notes.join(", ")})`;
}

function playBranches(
  plays: readonly Play[],
  { playbook, inventory, migration, extraVariables }: Project,
): Branch[] {
  const [anyHost = "control"] = inventory.hosts.keys();
  const variables = holdVariables(inventory, {
    playbookVars: playbook.vars,
    extraVariables,
    magic: () => magicOf(playbook, migration.name),
  });
  return planPlays(plays, inventory, variables.forStage(anyHost)).map(({ play, hosts }) => ({
    text: `${play.name} [${hosts.join(", ")}]`,
    below: [...nodeBranches(play.tasks), ...handlerBranches(play)],
  }));
}

function magicOf(playbook: Playbook, migration: string) {
  return {
    control: "control",
    migration,
    check_mode: true,
    playbook_dir: playbook.file.replace(/\/[^/]*$/, ""),
  };
}

function handlerBranches(play: Play): Branch[] {
  if (play.handlers.length === 0) return [];
  return [{ text: "handlers", below: nodeBranches(play.handlers) }];
}

function nodeBranches(nodes: readonly TaskNode[]): Branch[] {
  return nodes.flatMap((node) => (node.kind === "task" ? [taskBranch(node)] : blockBranches(node)));
}

function taskBranch({ name, module, tags, loop }: Extract<TaskNode, { kind: "task" }>): Branch {
  const notes = [...(loop === undefined ? [] : ["loop"]), ...tags.map((tag) => `tag ${tag}`)];
  const label = name === undefined ? module : `${name} (${[module, ...notes].join(", ")})`;
  return { text: label, below: [] };
}

/** A role and a named block are a branch; a block without a name only holds its tasks together. */
function blockBranches(block: Block): Branch[] {
  const below = [
    ...nodeBranches(block.block),
    ...named("rescue", block.rescue),
    ...named("always", block.always),
  ];
  return block.name === undefined ? below : [{ text: block.name, below }];
}

function named(text: string, nodes: readonly TaskNode[]): Branch[] {
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
