import { Failure, Refused } from "../contract/errors.ts";
import { stageOf } from "../engine/plan.ts";
import type { Playbook } from "../language/model/playbook.ts";
import type { ChooseStage } from "./execute-stage.ts";

/** The stage that `--stage` names; without it the person is asked, or the stages are listed. */
export function chooseStage(given: string | undefined, interactive: boolean): ChooseStage {
  return async ({ playbook }, _state, prompter) => {
    if (given !== undefined) return stageOf(playbook, given).name;
    if (playbook.stages.length === 1 && playbook.stages[0] !== undefined) return playbook.stages[0].name;
    if (!interactive) {
      throw new Failure("bad-input", "which stage? --stage is missing", {
        next: `give one of\n${listStages(playbook)}`,
      });
    }
    return prompter.select({
      key: "stage",
      message: "Which stage?",
      choices: playbook.stages.map(({ name, description }) => ({
        value: name,
        label: description === undefined ? name : `${name}: ${description}`,
      })),
    });
  };
}

/** The stage that `--stage` names, or the one begun last that has a rollback. */
export function chooseRollback(given: string | undefined): ChooseStage {
  return async ({ playbook }, state) => {
    if (given !== undefined) return stageOf(playbook, given).name;
    const begun = playbook.stages
      .filter(({ rollback }) => rollback.length > 0)
      .map(({ name }) => ({ name, startedAt: state.stages[name]?.startedAt }))
      .filter((stage): stage is { name: string; startedAt: string } => stage.startedAt !== undefined)
      .sort((a, b) => b.startedAt.localeCompare(a.startedAt));
    const [last] = begun;
    if (last !== undefined) return last.name;
    throw new Refused("there is nothing to roll back: no stage that has a rollback was begun", {
      next: "give the stage with --stage if its state was lost",
    });
  };
}

function listStages(playbook: Playbook): string {
  const width = Math.max(...playbook.stages.map(({ name }) => name.length));
  return playbook.stages
    .map(({ name, description = "" }) => `  --stage ${name.padEnd(width)}  ${description}`.trimEnd())
    .join("\n");
}
