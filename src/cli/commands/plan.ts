import type { AddCommand } from "../context.ts";
import { addMigrationOptions, finishOptions } from "../options.ts";
import type { PlanOptions } from "../show-plan.ts";

/** `mailferry plan`: what would run where, and what it would change. */
export const addPlanCommand: AddCommand = (program, context, end) => {
  const command = program
    .command("plan")
    .description("show stages, plays, roles, tasks and hosts as a tree; touches no host without --check")
    .action(async (playbookGiven: string, options: PlanOptions) => {
      const { showPlan } = await import("../show-plan.ts");
      end(await showPlan(playbookGiven, options, context));
    });
  finishOptions(
    addMigrationOptions(command)
      .option("--stage <name>", "this stage alone")
      .option(
        "-C, --check",
        "look at the hosts too, changing nothing: what is known to change, and what only later",
      )
      .option("--json", "the same as one JSON object"),
  );
};
