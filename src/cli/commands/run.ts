import type { AddCommand, CommandContext } from "../context.ts";
import { maildirVariables } from "../maildir-options.ts";
import { addRunOptions, finishOptions, type RunOptions } from "../options.ts";

/** `mailferry run`: one stage of a playbook. */
export const addRunCommand: AddCommand = (program, context, end) => {
  const command = program
    .command("run")
    .summary("run one stage of a playbook")
    .description(
      "run one stage of a playbook; Ctrl-C lets the task under way end, a second one stops at once and pauses a hot copy, and the same command goes on",
    )
    .action(async (playbook: string, options: RunOptions) => end(await run(playbook, options, context)));
  finishOptions(addRunOptions(command));
};

async function run(playbook: string, given: RunOptions, context: CommandContext): Promise<number> {
  const options = { ...given, extraVars: [...given.extraVars, ...maildirVariables(given)] };
  if (options.syntaxCheck) {
    const { checkSyntax } = await import("../check-syntax.ts");
    return checkSyntax(playbook, options, context);
  }
  if (options.listTasks || options.listTags || options.listHosts) {
    const { listPlaybook } = await import("../list-playbook.ts");
    return listPlaybook(playbook, options, context);
  }
  const { loadExecution } = await import("../load-execution.ts");
  const { executeStage } = await loadExecution(context);
  const { chooseStage } = await import("../choose-stage.ts");
  const { stdin, stdout } = context.surroundings;
  const interactive = stdin.isTTY === true && stdout.isTTY === true && !options.json;
  return executeStage(
    { playbook, options, rollback: false, chooseStage: chooseStage(options.stage, interactive) },
    context,
  );
}
