import type { AddCommand } from "../context.ts";
import { addPlayOptions, finishOptions, type PlayOptions } from "../options.ts";

/** `mailferry rollback`: what a stage has as its way back. */
export const addRollbackCommand: AddCommand = (program, context, end) => {
  const command = program
    .command("rollback")
    .description("undo a stage: the old server serves again (until the new one was opened)")
    .action(async (playbook: string, options: PlayOptions) => {
      const { loadExecution } = await import("../load-execution.ts");
      const { executeStage } = await loadExecution(context);
      const { chooseRollback } = await import("../choose-stage.ts");
      end(
        await executeStage(
          { playbook, options, rollback: true, chooseStage: chooseRollback(options.stage) },
          context,
        ),
      );
    });
  finishOptions(addPlayOptions(command));
};
