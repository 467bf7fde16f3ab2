import { dirname } from "node:path";
import type { Problem } from "../../contract/errors.ts";
import type { TaskModule } from "../../contract/module.ts";
import { checkCondition } from "../../expression/condition.ts";
import { expressionsIn } from "../expression-arguments.ts";
import { templatesIn } from "../inherit-words.ts";
import type { Source } from "../model/source.ts";
import type { Block, Gate, Loop, Task, TaskNode, TaskWords } from "../model/task.ts";
import type { WordsWithTemplates } from "../model/words.ts";
import { namesOfLoop } from "../read-loop.ts";
import { checkProjectFile } from "./check-project-files.ts";
import {
  checkOwnVariables,
  checkTemplate,
  checkTemplates,
  checkVariables,
  checkWritten,
} from "./check-values.ts";
import { type KnownNames, namesOfRole, withNames } from "./known-names.ts";

/** What the tasks of a playbook are checked with. */
export interface Naming {
  readonly playbookFile: string;
  readonly modules: ReadonlyMap<string, TaskModule>;
}

/** Checks a task, a block or a meta task, with all that stands inside. `outer`: the names that are known round it. */
export function checkNode(node: TaskNode, outer: KnownNames, naming: Naming): Problem[] {
  const before = withNames(outer, [...namesOfRole(node.role), ...Object.keys(node.vars)]);
  const known = withNames(before, node.kind === "task" ? namesOfLoop(node.loop) : []);
  const shared = checkWords(node, known);
  if (node.kind === "block") return [...shared, ...checkBlock(node, known, naming)];
  if (node.kind === "meta") return shared;
  return [...shared, ...checkLoop(node.loop, before, known), ...checkTask(node, known, naming)];
}

/** What is wrong in tasks that were read during a run. Their variables' names are not checked: they show when they are used. */
export function checkLateNodes(
  nodes: readonly TaskNode[],
  playbookFile: string,
  modules: ReadonlyMap<string, TaskModule>,
): Problem[] {
  return nodes.flatMap((node) => checkNode(node, undefined, { playbookFile, modules }));
}

function checkBlock(node: Block, before: KnownNames, naming: Naming): Problem[] {
  const known = withNames(before, [...Object.keys(node.gate?.vars ?? {}), ...namesOfLoop(node.gate?.loop)]);
  return [
    ...checkRole(node, known),
    ...(node.gate === undefined ? [] : checkGate(node.gate, before, known)),
    ...node.block.flatMap((part) => checkNode(part, known, naming)),
    ...[...node.rescue, ...node.always].flatMap((part) =>
      checkNode(part, withNames(known, ["failed_task", "failed_result"]), naming),
    ),
  ];
}

function checkGate({ when, vars, loop, late }: Gate, before: KnownNames, known: KnownNames): Problem[] {
  return [
    ...when.flatMap((source) => checkCondition(source, known)),
    ...checkOwnVariables(vars, known),
    ...checkLoop(loop, withNames(before, Object.keys(vars)), known),
    ...(late?.names ?? []).flatMap(({ text, place }) => checkTemplate(text, place, known)),
  ];
}

function checkTask(task: Task, known: KnownNames, { playbookFile, modules }: Naming): Problem[] {
  const { until = [], changedWhen = [], failedWhen = [], args } = task;
  const conditions = [...until, ...changedWhen, ...failedWhen];
  const expressions = expressionsIn(modules.get(task.module)?.args, args);
  return [
    ...conditions.flatMap((source) => checkCondition(source, known)),
    ...expressions.flatMap(({ source, isCondition }) => checkExpression(source, isCondition, known)),
    ...checkWritten(task.retries, known),
    ...checkWritten(task.delay, known),
    ...checkWritten(task.async, known),
    ...checkWritten(task.poll, known),
    ...checkTemplates(args.values, args.placeOf, known),
    ...(typeof task.included === "object" ? checkVariables(task.included, known) : []),
    ...checkProjectFile(task, dirname(playbookFile), known).map((problem) => inFile(problem, task)),
  ];
}

/** A template's own file says nothing of who uses it. */
function inFile(problem: Problem, { chain = [], name, module, place }: Task): Problem {
  if (problem.place?.file === place.file) return problem;
  return { ...problem, chain: [...chain, `task ${name === undefined ? module : `"${name}"`}`] };
}

function checkExpression(source: Source, isCondition: boolean, known: KnownNames): Problem[] {
  if (source.text.includes("{{")) return [];
  const problems = checkCondition(source, known);
  return isCondition ? problems : problems.filter(({ message }) => !message.includes("is of type"));
}

function checkLoop(loop: Loop | undefined, before: KnownNames, known: KnownNames): Problem[] {
  if (loop === undefined) return [];
  return [
    ...checkTemplates(loop.items, loop.placeOf, before),
    ...(loop.label === undefined ? [] : checkTemplate(loop.label.text, loop.label.place, known)),
    ...checkWritten(loop.pause, before),
  ];
}

function checkWords(
  { when, vars, delegateTo, environment, ...words }: TaskWords,
  known: KnownNames,
): Problem[] {
  return [
    ...checkInherited(words, known),
    ...when.flatMap((source) => checkCondition(source, known)),
    ...checkOwnVariables(vars, known),
    ...(delegateTo === undefined ? [] : checkTemplate(delegateTo.text, delegateTo.place, known)),
    ...environment.flatMap(({ value, placeOf }) => checkTemplates(value, placeOf, known)),
  ];
}

function checkRole({ role }: TaskWords, known: KnownNames): Problem[] {
  if (role === undefined) return [];
  const { defaults, vars, entryVars = {}, parameters } = role;
  return [defaults, vars, entryVars, parameters].flatMap((values) => checkVariables(values, known));
}

/** The words that may be templates, on a play, a block or a task. */
export function checkInherited(
  words: WordsWithTemplates & Pick<TaskWords, "timeout">,
  known: KnownNames,
): Problem[] {
  return [...templatesIn(words), words.timeout].flatMap((written) => checkWritten(written, known));
}
