import type { Problem } from "../contract/errors.ts";
import { didYouMean } from "../expression/did-you-mean.ts";
import type { Playbook } from "./model.ts";
import type { PlaybookContext } from "./playbook-context.ts";

/** Checks what only the whole playbook shows. `isComplete` is false when parts of it could not be read. */
export function checkPlaybook(
  playbook: Playbook,
  _context: PlaybookContext,
  _isComplete: boolean,
): Problem[] {
  return checkStages(playbook);
}

function checkStages({ stages }: Playbook): Problem[] {
  const problems: Problem[] = [];
  const names = stages.map(({ name }) => name);
  for (const [index, { name, place, requires }] of stages.entries()) {
    if (names.indexOf(name) < index) {
      problems.push({ message: `there are two stages named \`${name}\``, place, hint: "rename one of them" });
    }
    for (const { stage } of requires) {
      if (names.includes(stage)) continue;
      const hint = didYouMean(stage, names) ?? `the stages are ${names.join(", ")}`;
      problems.push({
        message: `the stage \`${name}\` requires the unknown stage \`${stage}\``,
        place,
        hint,
      });
    }
  }
  return problems;
}
