import type { Problem } from "../../contract/errors.ts";
import type { TaskModule } from "../../contract/module.ts";
import { growsInventory } from "../growing-inventory.ts";
import type { Play, Playbook, Stage } from "../model/playbook.ts";
import type { PlaybookContext } from "../playbook-context.ts";
import { checkHostPattern } from "./check-hosts.ts";
import { checkInherited, checkNode, type Naming } from "./check-task-names.ts";
import { checkOwnVariables, checkTemplate, checkTemplates, checkWritten } from "./check-values.ts";
import { type KnownNames, namesInPlay, namesOfPlaybook } from "./known-names.ts";

/** Checks every template and condition of a playbook, and the names in them: those of variables only where all tasks could be read. */
export function checkNames(
  playbook: Playbook,
  context: PlaybookContext,
  modules: ReadonlyMap<string, TaskModule>,
  isComplete: boolean,
): Problem[] {
  const known = isComplete ? namesOfPlaybook(playbook, context) : undefined;
  const naming: Naming = { playbookFile: playbook.file, modules };
  return [
    ...checkOwnVariables(playbook.vars, known),
    ...playbook.stages.flatMap((stage) => [
      ...(stage.confirm === undefined ? [] : checkTemplate(stage.confirm.text, stage.confirm.place, known)),
      ...checkPlays(stage.plays, stage, known, naming, context),
      ...checkPlays(stage.rollback, stage, known, naming, context),
    ]),
  ];
}

function checkPlays(
  plays: readonly Play[],
  stage: Stage,
  known: KnownNames,
  naming: Naming,
  context: PlaybookContext,
): Problem[] {
  const mustMatch = !stage.isPlainList;
  // A migration's missing side is told as such (check-sides.ts).
  const use = { mayGrow: growsInventory(plays), mustMatch, mayMiss: mustMatch ? ["old", "new"] : [] };
  return plays.flatMap((play) => [
    ...checkHostPattern(play.hosts, context.inventory, use),
    ...checkPlay(play, known, naming),
  ]);
}

function checkPlay(play: Play, outer: KnownNames, naming: Naming): Problem[] {
  const known = namesInPlay(outer, play);
  const files = play.varsFiles.map(({ values = {} }) => values);
  return [
    ...[play.vars, ...files].flatMap((values) => checkOwnVariables(values, known)),
    ...play.varsFiles.flatMap(({ candidates }) =>
      candidates.flatMap(({ text, place }) => checkTemplate(text, place, known)),
    ),
    ...[play.hosts, play.gatherFacts, play.maxFailPercentage, play.forceHandlers, ...play.serial].flatMap(
      (written) => checkWritten(written, known),
    ),
    ...checkInherited(play, known),
    ...play.environment.flatMap(({ value, placeOf }) => checkTemplates(value, placeOf, known)),
    ...[...play.tasks, ...play.handlers].flatMap((node) => checkNode(node, known, naming)),
  ];
}
