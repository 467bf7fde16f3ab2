import { Failure } from "../contract/errors.ts";
import type { RunOptions } from "../contract/host.ts";
import { quoteArgv, quoteWord } from "../contract/shell-words.ts";
import { withoutRelay } from "./relay.ts";

/**
 * What runs on a host: a program with its words, or a script of our own. That one runs in the shell that is there: to start
 * another one costs more than most scripts do.
 */
export type Command = readonly string[] | OwnScript;

export interface OwnScript {
  /** For messages. */
  readonly name: string;
  /** Reads exactly the bytes that are its input, where it has one, and ends by itself: no `exec`. */
  readonly text: string;
  /** `$1` and so on. */
  readonly words: readonly string[];
}

export function nameOf(command: Command): string {
  return "text" in command ? command.name : (command[0] ?? "");
}

/** How a command is put into a shell. */
export interface ScriptKind {
  /** The random word after which the exit code follows, on standard output, and that ends standard error. */
  readonly end: string;
  /**
   * `once`: the shell is used up, and the command reads the rest of the shell's input.
   * `kept`: the shell stays for the next command.
   */
  readonly shell: "once" | "kept";
  /** How many bytes follow the script as the command's input; undefined for none at all. */
  readonly inputBytes: number | undefined;
}

/**
 * The script that runs one command and tells how it ended, in a shell that has `tellFunction`. A program is never a builtin or
 * function of the shell; an unreachable directory ends the command before it begins.
 */
export function commandScript(command: Command, options: RunOptions, kind: ScriptKind): string {
  const { end, shell, inputBytes } = kind;
  const input = inputBytes === undefined ? " </dev/null" : "";
  const run = `( ${inSubshell(command, options)} )${input}${shell === "kept" ? ` ${withoutRelay}` : ""}`;
  const tell = `tell ${end}`;
  if (shell === "once") return `${run}; ${tell}; exit 0\n`;
  // What a program leaves unread is read up behind it: the next script begins right after it.
  return inputBytes === undefined || "text" in command
    ? `${run}; ${tell}\n`
    : `head -c ${inputBytes} | { ${run}; ${tell}; cat >/dev/null; }\n`;
}

function inSubshell(command: Command, options: RunOptions): string {
  const before = steps(options);
  if ("text" in command)
    return [...before, `set -- ${quoteArgv(command.words)}\n${command.text}\n`].join(" && ");
  if (command.length === 0 || command[0] === "")
    throw new Failure("bad-input", "an empty command can't be run");
  return [...before, `exec ${quoteArgv(command)}`].join(" && ");
}

function steps(options: RunOptions): string[] {
  const variables = Object.entries(options.environment ?? {}).map(([name, value]) => {
    if (!variableName.test(name)) {
      throw new Failure("bad-input", `${JSON.stringify(name)} can't be the name of an environment variable`);
    }
    return `export ${name}=${quoteWord(value)}`;
  });
  if (options.directory === undefined) return variables;
  const directory = options.directory.startsWith("/") ? options.directory : `./${options.directory}`;
  return [`cd -- ${quoteWord(directory)}`, ...variables];
}

/** What each shell has to know: tells on both outputs that a command has ended, and how. */
export const tellFunction = "tell() { c=$?; echo $1 >&2; echo $1$c; }";

const variableName = /^[A-Za-z_][A-Za-z0-9_]*$/;
