import type { AddCommand } from "../context.ts";
import { addMigrationOptions, finishOptions, type MigrationOptions } from "../options.ts";

/** `mailferry plan`: what would run where, as a tree. Touches no host. */
export const addPlanCommand: AddCommand = (program, context, end) => {
  const command = program
    .command("plan")
    .description("show stages, plays, roles, tasks and hosts as a tree; touches no host")
    .action(async (playbookGiven: string, options: MigrationOptions & { stage?: string }) => {
      const { loadProject } = await import("../load-project.ts");
      const { planTree } = await import("../plan-tree.ts");
      const project = await loadProject(playbookGiven, options, context);
      context.out(context.redactor.clean(planTree(project, options.stage)));
      end(0);
    });
  finishOptions(addMigrationOptions(command).option("--stage <name>", "this stage alone"));
};
