import type { AddCommand } from "../context.ts";
import { addMigrationOptions, finishOptions, percentage } from "../options.ts";
import type { StatusOptions } from "../show-status.ts";

/** `mailferry status`: where a migration stands, and what to type next. Changes nothing. */
export const addStatusCommand: AddCommand = (program, context, end) => {
  const command = program
    .command("status")
    .description("show where the migration stands and which command comes next")
    .action(async (playbook: string, options: StatusOptions) => {
      const { showStatus } = await import("../show-status.ts");
      end(await showStatus(playbook, options, context));
    });
  const migrating = addMigrationOptions(command)
    .option("--offline", "ask no host")
    .option(
      "--share <percent>",
      "where one domain moves at a time: name the next wave, as many of the domains left as this share of all (20%)",
      percentage,
    );
  finishOptions(migrating);
};
