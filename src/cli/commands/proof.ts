import type { AddCommand } from "../context.ts";
import { addMigrationOptions, finishOptions, type MigrationOptions } from "../options.ts";

/** `mailferry proof`: the last proof once more, from the ledgers it was made of. Touches no host. */
export const addProofCommand: AddCommand = (program, context, end) => {
  const command = program
    .command("proof")
    .description("check the last proof again, from the ledgers that it was made of; touches no host")
    .action(async (playbook: string, options: MigrationOptions & { name: string }) => {
      const { checkProof } = await import("../check-proof.ts");
      end(await checkProof(playbook, options, context));
    });
  finishOptions(
    addMigrationOptions(command).option(
      "--name <name>",
      "the proof's name, save_as of the task mail_proof",
      "proof",
    ),
  );
};
