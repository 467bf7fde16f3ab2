import type { AddCommand } from "../context.ts";
import { finishOptions } from "../options.ts";

/** `mailferry doc`: what a task can do. */
export const addDocCommand: AddCommand = (program, context, end) => {
  const command = program
    .command("doc")
    .alias("modules")
    .description("show what modules do and the arguments they take; without a name, list all modules")
    .argument("[modules...]", "modules")
    .option("--list", "list all modules")
    .action(async (names: readonly string[], { list }: { list?: boolean }) => {
      const { listModules, showModules } = await import("../module-help.ts");
      context.out(list || names.length === 0 ? await listModules() : await showModules(names));
      end(0);
    });
  finishOptions(command);
};
