import type { Problem } from "../contract/errors.ts";
import type { TaskModule } from "../contract/module.ts";
import { didYouMean } from "../expression/did-you-mean.ts";
import { checkNames } from "./check-names.ts";
import { checkRoleUses } from "./check-role-arguments.ts";
import { checkSafety } from "./check-safety.ts";
import type { Playbook } from "./model.ts";
import type { PlaybookContext } from "./playbook-context.ts";

/**
 * Checks what only the whole playbook shows. Where parts could not be read, names that those parts may have set are
 * not missed.
 */
export function checkPlaybook(
  playbook: Playbook,
  context: PlaybookContext,
  modules: ReadonlyMap<string, TaskModule>,
  isComplete: boolean,
): Problem[] {
  return [
    ...checkStages(playbook),
    ...checkNames(playbook, context, modules, isComplete),
    ...(isComplete ? [...checkRoleUses(playbook, context), ...checkSafety(playbook)] : []),
  ];
}

function checkStages({ stages }: Playbook): Problem[] {
  const problems: Problem[] = [];
  const names = stages.map(({ name }) => name);
  for (const [index, { name, place, requires }] of stages.entries()) {
    if (names.indexOf(name) < index) {
      problems.push({ message: `there are two stages named \`${name}\``, place, hint: "rename one of them" });
    }
    for (const { stage, place: named } of requires) {
      if (names.includes(stage)) continue;
      const hint = didYouMean(stage, names) ?? `the stages are ${names.join(", ")}`;
      problems.push({ message: `unknown stage \`${stage}\``, place: named ?? place, hint });
    }
  }
  return problems;
}
