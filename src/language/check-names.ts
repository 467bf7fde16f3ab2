import { dirname } from "node:path";
import type { Problem } from "../contract/errors.ts";
import type { TaskModule } from "../contract/module.ts";
import { checkCondition } from "../expression/condition.ts";
import { magicVariables } from "../expression/magic-names.ts";
import { placeIn, pointerTo } from "../expression/placed-values.ts";
import { checkHostPattern } from "./check-hosts.ts";
import { checkProjectFile } from "./check-project-files.ts";
import { checkTemplate, checkTemplates, checkVariables } from "./check-values.ts";
import { expressionsIn } from "./expression-arguments.ts";
import { type KnownNames, namesOfPlaybook, namesOfRole, partsOf, withNames } from "./known-names.ts";
import type { Play, Playbook, Source, Task, TaskNode, TaskWords } from "./model.ts";
import type { PlaybookContext } from "./playbook-context.ts";

interface Naming {
  readonly playbook: Playbook;
  readonly context: PlaybookContext;
  readonly modules: ReadonlyMap<string, TaskModule>;
}

/** Checks every template and condition of a playbook, and the names in them: those of variables only where all tasks could be read. */
export function checkNames(
  playbook: Playbook,
  context: PlaybookContext,
  modules: ReadonlyMap<string, TaskModule>,
  isComplete: boolean,
): Problem[] {
  const known = isComplete ? namesOfPlaybook(playbook, context) : undefined;
  const naming: Naming = { playbook, context, modules };
  return [
    ...checkVariables(playbook.vars, known),
    ...checkNamesOfVariables(playbook.vars),
    ...playbook.stages.flatMap((stage) => [
      ...(stage.confirm === undefined ? [] : checkTemplate(stage.confirm.text, stage.confirm.place, known)),
      ...[...stage.plays, ...stage.rollback].flatMap((play) => checkPlay(play, known, naming)),
    ]),
  ];
}

function checkPlay(play: Play, outer: KnownNames, naming: Naming): Problem[] {
  const known = withNames(outer, Object.keys(play.vars));
  return [
    ...checkHostPattern(play.hosts, naming.context.inventory),
    ...checkVariables(play.vars, known),
    ...checkNamesOfVariables(play.vars),
    ...[...play.tasks, ...play.handlers].flatMap((node) => checkNode(node, known, naming)),
  ];
}

function checkNode(node: TaskNode, outer: KnownNames, naming: Naming): Problem[] {
  const loopNames = node.kind === "task" && node.loop !== undefined ? [node.loopVar] : [];
  const before = withNames(outer, [...namesOfRole(node.role), ...Object.keys(node.vars)]);
  const known = withNames(before, loopNames);
  const shared = checkWords(node, known);
  if (node.kind === "block") {
    return [
      ...shared,
      ...checkRole(node, known),
      ...partsOf(node).flatMap((part) => checkNode(part, known, naming)),
    ];
  }
  const loop =
    node.loop === undefined ? [] : checkTemplates(node.loop, () => node.loopPlace ?? node.place, before);
  return [...shared, ...loop, ...checkTask(node, known, naming)];
}

function checkWords({ when, vars, delegateTo }: TaskWords, known: KnownNames): Problem[] {
  return [
    ...when.flatMap((source) => checkCondition(source, known)),
    ...checkVariables(vars, known),
    ...checkNamesOfVariables(vars),
    ...(delegateTo === undefined ? [] : checkTemplate(delegateTo.text, delegateTo.place, known)),
  ];
}

function checkRole({ role }: TaskWords, known: KnownNames): Problem[] {
  if (role === undefined) return [];
  return [...checkVariables(role.defaults, known), ...checkVariables(role.parameters, known)];
}

function checkTask(task: Task, known: KnownNames, { playbook, modules }: Naming): Problem[] {
  const { until, changedWhen, failedWhen, loopLabel, args } = task;
  const conditions = [until, changedWhen, failedWhen].filter((source) => source !== undefined);
  const expressions = expressionsIn(modules.get(task.module)?.args, args);
  return [
    ...conditions.flatMap((source: Source) => checkCondition(source, known)),
    ...expressions.flatMap(({ source, isCondition }) => checkExpression(source, isCondition, known)),
    ...(loopLabel === undefined ? [] : checkTemplate(loopLabel.text, loopLabel.place, known)),
    ...checkTemplates(args.values, args.placeOf, known),
    ...checkProjectFile(task, dirname(playbook.file), known),
  ];
}

function checkExpression(source: Source, isCondition: boolean, known: KnownNames): Problem[] {
  if (source.text.includes("{{")) return [];
  const problems = checkCondition(source, known);
  return isCondition ? problems : problems.filter(({ message }) => !message.includes("is of type"));
}

function checkNamesOfVariables(values: TaskWords["vars"]): Problem[] {
  return Object.keys(values)
    .filter((name) => Object.hasOwn(magicVariables, name))
    .map((name) => ({
      message: `the variable \`${name}\` is Mailferry's own: ${magicVariables[name]}`,
      place: placeIn(values, pointerTo("", name)),
      hint: "take another name",
    }));
}
