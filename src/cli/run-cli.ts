import { CommanderError } from "commander";
import { exitCodes } from "../contract/errors.ts";
import { createRedactor } from "../report/redact.ts";
import type { CommandContext } from "./context.ts";
import { openOutput } from "./output.ts";
import { createProgram } from "./program.ts";
import type { Surroundings } from "./surroundings.ts";

/** Runs one command line to its end and says with which exit code. Never throws. */
export async function runCli(surroundings: Surroundings): Promise<number> {
  const context: CommandContext = {
    surroundings,
    out: openOutput(surroundings.stdout),
    err: openOutput(surroundings.stderr),
    redactor: createRedactor(),
  };
  let exitCode = 0;
  const program = createProgram(context, (code) => {
    exitCode = code;
  });
  if (surroundings.argv.length === 0) {
    context.out(program.helpInformation());
    return exitCodes["bad-input"];
  }
  try {
    await program.parseAsync(surroundings.argv, { from: "user" });
    return exitCode;
  } catch (error) {
    // commander has told what is wrong already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCodes["bad-input"];
    // What lays failures out takes as long to load as all the rest that parses a command line.
    const { printFailure } = await import("./print-failure.ts");
    return printFailure(error, context);
  }
}
