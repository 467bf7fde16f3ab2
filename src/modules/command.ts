import { BadInput } from "../contract/errors.ts";
import { changingModule } from "../contract/module.ts";
import { splitWords } from "../contract/split-words.ts";
import { closed, exactlyOne, word } from "./argument-schemas.ts";
import {
  type CommandChange,
  type CommandWords,
  commandAsJob,
  commandNotRun,
  commandWords,
  planCommand,
  runPlanned,
} from "./command-change.ts";

export interface CommandArgs extends CommandWords {
  readonly cmd?: string;
  readonly argv?: readonly string[];
}

/** Runs a program without a shell. */
export const command = changingModule<CommandArgs, CommandChange>({
  name: "command",
  description: "Runs a program, without a shell: pipes, redirections and patterns are refused unless quoted.",
  preview: "unknown",
  shorthand: "cmd",
  args: closed(
    {
      cmd: word("The command line, split into words as a shell splits it. Either this or `argv`."),
      argv: {
        type: "array",
        minItems: 1,
        items: { type: "string" },
        description: "The program and its arguments, each as it is. Either this or `cmd`.",
      },
      ...commandWords,
    },
    exactlyOne("cmd", "argv"),
  ),

  async check({ cmd, argv, ...words }, host) {
    const wanted = argv ?? splitWords(cmd ?? "");
    if ((wanted[0] ?? "") === "") throw new BadInput([{ message: "command: there is no program to run" }]);
    return planCommand(wanted, words, host);
  },

  touches: () => [],
  async apply(change, host, context) {
    return runPlanned(change, host, context);
  },

  current: commandNotRun,

  asJob: commandAsJob,
});
