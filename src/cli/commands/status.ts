import type { AddCommand } from "../context.ts";
import { addMigrationOptions, finishOptions, type MigrationOptions } from "../options.ts";

/** `mailferry status`: where a migration stands, and what to type next. Changes nothing. */
export const addStatusCommand: AddCommand = (program, context, end) => {
  const command = program
    .command("status")
    .description("show where the migration stands and which command comes next")
    .action(async (playbook: string, options: MigrationOptions & { offline?: boolean }) => {
      const { showStatus } = await import("../show-status.ts");
      end(await showStatus(playbook, options, context));
    });
  finishOptions(addMigrationOptions(command).option("--offline", "ask no host"));
};
