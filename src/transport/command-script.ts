import { Failure } from "../contract/errors.ts";
import type { RunOptions } from "../contract/host.ts";
import { quoteArgv, quoteWord } from "../contract/shell-words.ts";

/** How a command is put into a shell. */
export interface ScriptKind {
  /** The random word after which the exit code follows, on standard output, and that ends standard error. */
  readonly end: string;
  /**
   * `once`: the shell is used up, and the command reads the rest of the shell's input.
   * `kept`: the shell stays for the next command. `relayed`: so too, and the command's output goes through a pipe of its
   * own, because the command may leave processes behind that go on writing.
   */
  readonly shell: "once" | "kept" | "relayed";
}

/**
 * The script that runs one command and tells how it ended. The command is always a program, never a builtin or
 * function of the shell; an unreachable directory ends it before it begins.
 */
export function commandScript(argv: readonly string[], options: RunOptions, kind: ScriptKind): string {
  if (argv.length === 0 || argv[0] === "") throw new Failure("bad-input", "an empty command can't be run");
  const input = kind.shell === "once" && options.stdin !== undefined ? "" : " </dev/null";
  const command = `( ${[...steps(options), `exec ${quoteArgv(argv)}`].join(" && ")} )${input}`;
  const told = `${command}; c=$?; echo ${kind.end} >&2; echo ${kind.end}$c`;
  if (kind.shell === "once") return `${told}; exit 0\n`;
  if (kind.shell === "kept") return `${told}\n`;
  return `{ ${told}; } | cat; echo ${kind.end}\n`;
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
