import type { Command } from "commander";
import type { Redactor } from "../report/redact.ts";
import type { Write } from "./output.ts";
import type { Surroundings } from "./surroundings.ts";

/** What every command is given. */
export interface CommandContext {
  readonly surroundings: Surroundings;
  /** Standard output and standard error, safe against a reader that goes away. */
  readonly out: Write;
  readonly err: Write;
  /** Knows the secrets of this run; whatever is printed goes through it. */
  readonly redactor: Redactor;
}

/** Adds one subcommand to the program. Its action ends with an exit code or throws a Failure. */
export type AddCommand = (program: Command, context: CommandContext, end: (exitCode: number) => void) => void;
