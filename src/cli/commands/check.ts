import type { AddCommand } from "../context.ts";
import { addMigrationOptions, addTagOptions, finishOptions, type MigrationOptions } from "../options.ts";

interface CheckOptions extends MigrationOptions {
  readonly tags: readonly string[];
  readonly skipTags: readonly string[];
}

/** `mailferry check`: the files alone; no host is touched. */
export const addCheckCommand: AddCommand = (program, context, end) => {
  const command = program
    .command("check")
    .description("check the playbook, its roles and the inventory; touches no host")
    .action(async (playbookGiven: string, options: CheckOptions) => {
      const { loadProject } = await import("../load-project.ts");
      const { requireKnownTags } = await import("../known-tags.ts");
      const { playbook, inventory } = await loadProject(playbookGiven, options, context);
      requireKnownTags(playbook, options);
      const stages = playbook.stages.map(({ name }) => name).join(", ");
      const hosts = [...inventory.hosts.keys()].filter((name) => name !== "control").join(", ");
      context.out(
        `${playbook.file} and ${inventory.file} are in order.\nStages: ${stages}\nHosts: ${hosts}\n`,
      );
      end(0);
    });
  finishOptions(addTagOptions(addMigrationOptions(command)));
};
