import type { AddCommand } from "../context.ts";
import { finishOptions } from "../options.ts";

/** `mailferry init`: the files to begin with. */
export const addInitCommand: AddCommand = (program, context, end) => {
  const command = program
    .command("init")
    .description(
      "write a commented inventory and a small playbook to begin with; never over a file that is there",
    )
    .argument("[directory]", "where to write them", ".")
    .action(async (directory: string) => {
      const { initProject } = await import("../init-project.ts");
      end(await initProject(directory, context));
    });
  finishOptions(command);
};
