import { changingModule } from "../contract/module.ts";
import { absolutePath, closed, word } from "./argument-schemas.ts";
import {
  type CommandChange,
  type CommandWords,
  commandAsJob,
  commandNotRun,
  commandWords,
  planCommand,
  runPlanned,
} from "./command-change.ts";

export interface ShellArgs extends CommandWords {
  readonly cmd: string;
  readonly executable?: string;
}

/** Runs a script in a shell on the host. */
export const shell = changingModule<ShellArgs, CommandChange>({
  name: "shell",
  description: "Runs a script in a shell. Write `{{quote x}}` for every value that is put into it.",
  preview: "unknown",
  shorthand: "cmd",
  args: closed(
    {
      cmd: word("The script."),
      executable: {
        ...absolutePath(
          "The shell. A failed command inside a pipe shows only with bash and `set -o pipefail`.",
        ),
        default: "/bin/sh",
      },
      ...commandWords,
    },
    { required: ["cmd"] },
  ),

  async check({ cmd, executable = "/bin/sh", ...words }, host) {
    return planCommand([executable, "-c", cmd], words, host);
  },

  touches: () => [],
  async apply(change, host, context) {
    return runPlanned(change, host, context);
  },

  current: commandNotRun,

  asJob: commandAsJob,
});
