import { holdInventory } from "../engine/held-inventory.ts";
import { holdVariables } from "../engine/host-variables.ts";
import { type PlannedPlay, planPlays, stageOf } from "../engine/plan.ts";
import type { Play, Stage } from "../language/model/playbook.ts";
import type { Project } from "./load-project.ts";

/** What a plan is made from. */
export type PlanSources = Pick<Project, "playbook" | "inventory" | "migration" | "extraVariables"> &
  Partial<Pick<Project, "control">>;

/** The stages of a playbook that are meant: the named one, or all. Throws a Failure for a name that is none. */
export function chosenStages({ playbook }: PlanSources, name: string | undefined): readonly Stage[] {
  return name === undefined ? playbook.stages : [stageOf(playbook, name)];
}

/** Plays with their hosts, as far as both are known before a run. */
export function plannedPlays(
  { playbook, inventory, migration, extraVariables, control }: PlanSources,
  plays: readonly Play[],
  limit?: string | undefined,
): readonly PlannedPlay[] {
  const variables = holdVariables(holdInventory(inventory), {
    playbookVars: playbook.vars,
    extraVariables,
    control,
    magic: () => ({
      control: "control",
      migration: migration.name,
      check_mode: true,
      playbook_dir: playbook.file.replace(/\/[^/]*$/, ""),
    }),
  });
  return planPlays(plays, { inventory, variablesOf: (play) => variables.forPlay(play), limit });
}
