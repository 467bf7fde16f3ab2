import type { AddCommand } from "../context.ts";
import { addRunOptions, finishOptions, type PlayOptions } from "../options.ts";

/** `mailferry run`: one stage of a playbook. */
export const addRunCommand: AddCommand = (program, context, end) => {
  const command = program
    .command("run")
    .description("run one stage of a playbook")
    .action(async (playbook: string, options: PlayOptions) => {
      const { executeStage } = await import("../execute-stage.ts");
      const { chooseStage } = await import("../choose-stage.ts");
      const { stdin, stdout } = context.surroundings;
      const interactive = stdin.isTTY === true && stdout.isTTY === true && !options.json;
      end(
        await executeStage(
          { playbook, options, rollback: false, chooseStage: chooseStage(options.stage, interactive) },
          context,
        ),
      );
    });
  finishOptions(addRunOptions(command));
};
