import type { AddCommand } from "../context.ts";
import { addMigrationOptions, finishOptions, type MigrationOptions } from "../options.ts";

/** `mailferry doctor`: what a migration needs of its hosts before the first run. Touches no host. */
export const addDoctorCommand: AddCommand = (program, context, end) => {
  const command = program
    .command("doctor")
    .description("tell what the hosts need so that Mailferry works without a login as root; touches no host")
    .action(async (playbook: string, options: MigrationOptions) => {
      const { showSudoers } = await import("../show-sudoers.ts");
      end(await showSudoers(playbook, options, context));
    });
  finishOptions(
    addMigrationOptions(command).requiredOption(
      "--sudoers",
      "print a sudoers file for the hosts, and as its comments how to set up the user",
    ),
  );
};
