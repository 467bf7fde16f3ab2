import { Failure } from "../contract/errors.ts";
import type { RunOptions } from "../contract/host.ts";
import { quoteArgv, quoteWord } from "../contract/shell-words.ts";

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
 * The script that runs one command and tells how it ended. The command is always a program, never a builtin or
 * function of the shell; an unreachable directory ends it before it begins.
 * It does not get the descriptors that the shell's relay is made of.
 */
export function commandScript(argv: readonly string[], options: RunOptions, kind: ScriptKind): string {
  if (argv.length === 0 || argv[0] === "") throw new Failure("bad-input", "an empty command can't be run");
  const { end, shell, inputBytes } = kind;
  const command = `( ${[...steps(options), `exec ${quoteArgv(argv)}`].join(" && ")} ) 8<&- 9<&-`;
  const tell = `c=$?; echo ${end} >&2; echo ${end}$c`;
  if (shell === "once")
    return `${command}${inputBytes === undefined ? " </dev/null" : ""}; ${tell}; exit 0\n`;
  // What the command leaves unread is read up behind it: the next script begins right after it.
  return inputBytes === undefined
    ? `${command} </dev/null; ${tell}\n`
    : `head -c ${inputBytes} | { ${command}; ${tell}; cat >/dev/null; }\n`;
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

const variableName = /^[A-Za-z_][A-Za-z0-9_]*$/;
