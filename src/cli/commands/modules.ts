import type { AddCommand } from "../context.ts";
import { finishOptions } from "../options.ts";

/** `mailferry modules`: what a task can do. */
export const addModulesCommand: AddCommand = (program, context, end) => {
  const command = program
    .command("modules")
    .description("list the modules, or the arguments of one")
    .argument("[name]", "a module")
    .action(async (name: string | undefined) => {
      const { listModules, showModule } = await import("../module-help.ts");
      context.out(name === undefined ? await listModules() : await showModule(name));
      end(0);
    });
  finishOptions(command);
};
