import type { PlannedPlay } from "../engine/plan.ts";
import { admittedTasks, type TaskChoice } from "../engine/task-choice.ts";
import { nameOf } from "../engine/task-events.ts";
import { inBlock, inPlay } from "../language/inherit-words.ts";
import type { Stage } from "../language/model/playbook.ts";
import type { Meta, Task, TaskNode } from "../language/model/task.ts";
import type { CommandContext } from "./context.ts";
import { requireKnownTags, tagsOfPlay } from "./known-tags.ts";
import { loadProject, type Project } from "./load-project.ts";
import type { RunOptions } from "./options.ts";
import { chosenStages, plannedPlays } from "./planned-stages.ts";

/** `--list-tasks`, `--list-tags`, `--list-hosts`: what a run would take, in the form of Ansible's lists. */
export async function listPlaybook(
  playbookGiven: string,
  options: RunOptions,
  context: CommandContext,
): Promise<number> {
  const project = await loadProject(playbookGiven, options, context);
  requireKnownTags(project.playbook, options);
  const stages = chosenStages(project, options.stage);
  const lines = stages.flatMap((stage) => stageLines(project, stage, options));
  context.out(context.redactor.clean(`playbook: ${project.playbook.file}\n${lines.join("\n")}\n`));
  return 0;
}

function stageLines(project: Project, stage: Stage, options: RunOptions): string[] {
  const admits = admittedTasks(options, stage);
  const plays = plannedPlays(project, stage.plays, options.limit);
  const lines = plays.flatMap((planned, index) => playLines(planned, index, admits, options));
  return ["", `  stage: ${stage.name}`, ...lines];
}

function playLines(
  { play, hosts }: PlannedPlay,
  index: number,
  admits: TaskChoice["admits"],
  options: RunOptions,
): string[] {
  const heading = `    play #${index + 1} (${play.hosts.text}): ${play.name}    ${tagList("TAGS", play.tags)}`;
  const tasks = play.tasks.flatMap((node) => tasksIn(inPlay(play, node))).filter(admits);
  return [
    heading,
    ...(options.listHosts
      ? [`      hosts (${hosts.length}):`, ...hosts.map((host) => `        ${host}`)]
      : []),
    ...(options.listTags ? [`      ${tagList("TASK TAGS", tagsOfPlay(play))}`] : []),
    ...(options.listTasks ? ["      tasks:", ...tasks.map(taskLine)] : []),
  ];
}

/** The tasks of a node as they run, with the words that go down to them. */
function tasksIn(node: TaskNode): (Task | Meta)[] {
  if (node.kind === "task") return [node];
  if (node.kind === "meta") return node.implicit ? [] : [node];
  return [...node.block, ...node.rescue, ...node.always].flatMap((inner) => tasksIn(inBlock(node, inner)));
}

function taskLine(task: Task | Meta): string {
  const label = task.role === undefined ? nameOf(task) : `${task.role.name} : ${nameOf(task)}`;
  return `        ${label}    ${tagList("TAGS", task.tags)}`;
}

function tagList(word: string, tags: readonly string[]): string {
  return `${word}: [${[...new Set(tags)].sort().join(", ")}]`;
}
