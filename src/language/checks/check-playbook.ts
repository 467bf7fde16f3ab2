import type { Problem } from "../../contract/errors.ts";
import type { TaskModule } from "../../contract/module.ts";
import type { Playbook } from "../model/playbook.ts";
import type { PlaybookContext } from "../playbook-context.ts";
import { checkDeletes } from "./check-deletes.ts";
import { checkNames } from "./check-names.ts";
import { checkPlaybookVariables } from "./check-playbook-variables.ts";
import { checkRoleUses } from "./check-role-arguments.ts";
import { checkSafety } from "./check-safety.ts";
import { checkSides } from "./check-sides.ts";
import { checkStages } from "./check-stages.ts";

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
    ...(context.inventory === undefined ? [] : checkSides(playbook, context.inventory)),
    ...checkNames(playbook, context, modules, isComplete),
    ...checkPlaybookVariables(playbook, context),
    ...(isComplete
      ? [
          ...checkRoleUses(playbook, context),
          ...checkSafety(playbook),
          ...checkDeletes(playbook, context.inventory),
        ]
      : []),
  ];
}
