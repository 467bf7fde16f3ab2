import type { AddCommand } from "../context.ts";
import { addConnectionOptions, finishOptions, type InventoryOptions } from "../options.ts";

interface InitOptions extends InventoryOptions {
  readonly output?: string | undefined;
}

/** `mailferry init`: the files to begin with. With two hosts they hold what was found there. */
export const addInitCommand: AddCommand = (program, context, end) => {
  const command = program
    .command("init")
    .description(
      "write a commented inventory and a small playbook to begin with; with two hosts, look at both over SSH, say which playbook fits, and write an inventory of what was found. Never over a file that is there",
    )
    .usage("[options] [directory] | <old> <new>")
    .argument("[old]", "the old server, [user@]host[:port]; alone: the directory to write to")
    .argument("[new]", "the new server")
    .option("-o, --output <directory>", "where to write (default: here)")
    .action(async (first: string | undefined, fresh: string | undefined, options: InitOptions) => {
      if (first !== undefined && fresh !== undefined) {
        const { initPair } = await import("../init/init-pair.ts");
        end(await initPair(first, fresh, { ...options, output: options.output ?? "." }, context));
        return;
      }
      const { initProject } = await import("../init-project.ts");
      end(await initProject(options.output ?? first ?? ".", context));
    });
  finishOptions(addConnectionOptions(command));
};
