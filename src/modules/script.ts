import { BadInput } from "../contract/errors.ts";
import type { HostWriter } from "../contract/host.ts";
import { changingModule } from "../contract/module.ts";
import { splitWords } from "../contract/split-words.ts";
import { closed, word } from "./argument-schemas.ts";
import {
  type CommandChange,
  type CommandWords,
  commandNotRun,
  commandWords,
  planCommand,
  runPlanned,
} from "./command-change.ts";
import { registeredCommand } from "./command-result.ts";
import { withCleanUp } from "./with-clean-up.ts";

export interface ScriptArgs extends Omit<CommandWords, "stdin"> {
  readonly cmd: string;
  readonly executable?: string;
}

export interface ScriptChange extends CommandChange {
  readonly content: Buffer;
  readonly executable: string | undefined;
}

const { stdin: _none, ...scriptWords } = commandWords;

/** Brings a script of the project to the host and runs it there. */
export const script = changingModule<ScriptArgs, ScriptChange>({
  name: "script",
  description:
    "Brings a script of the project to the host, runs it there and takes it away again. Registers `rc`, `stdout`, `stderr` and their lines.",
  preview: "unknown",
  shorthand: "cmd",
  args: closed(
    {
      cmd: word(
        "The script, in `files/` of the role or beside the playbook, and its arguments, split into words as a shell splits them.",
      ),
      executable: word(
        "The program that runs it, for instance `python3`; its first line (`#!`) says otherwise.",
      ),
      ...scriptWords,
    },
    { required: ["cmd"] },
  ),

  async check({ cmd, executable, ...words }, host, context) {
    const [name = "", ...args] = splitWords(cmd);
    const content = await context.readProjectFile(name, "files");
    if (executable === undefined) refuseWithoutInterpreter(name, content);
    const planned = await planCommand([name, ...args], words, host);
    return (
      planned && {
        ...planned,
        summary: planned.summary.replace("run", "run the script"),
        content,
        executable,
      }
    );
  },

  touches: () => [],
  async apply(change, host, context) {
    const directory = await makeDirectory(host);
    return withCleanUp(
      async () => {
        const path = `${directory}/script`;
        await host.writeFile(path, change.content, { mode: "0700" });
        const program = change.executable === undefined ? [] : [change.executable];
        return runPlanned({ ...change, argv: [...program, path, ...change.argv.slice(1)] }, host, context);
      },
      async () => void (await host.run(["rm", "-rf", "--", directory])),
      context.notice,
    );
  },

  current: commandNotRun,

  asJob: {
    job: ({ argv, directory = "", content, executable = "" }) => ({
      name: "async",
      argv: ["sh", "-c", carriedScript, "sh", directory, executable, ...argv.slice(1)],
      stdin: content,
    }),
    result: registeredCommand,
  },
});

/** Without its first line a kernel doesn't know what to do with it; the shell's own guess would be sh. */
function refuseWithoutInterpreter(name: string, content: Buffer): void {
  const isProgram = content.subarray(0, 2).equals(Buffer.from("#!")) || content.subarray(0, 4).equals(elf);
  if (isProgram) return;
  throw new BadInput([
    {
      message: `script: ${name} doesn't say what runs it`,
      hint: "Begin it with a line like #!/bin/sh, or give `executable`.",
    },
  ]);
}

const elf = Buffer.from("\x7fELF", "latin1");

/** In the user's home: /tmp may be mounted so that nothing in it can be run. */
async function makeDirectory(host: HostWriter): Promise<string> {
  const made = await host.run(["/bin/sh", "-c", makeDirectoryScript]);
  return made.stdout.toString("utf8").replace(/\n$/, "");
}

const makeDirectoryScript = `for place in "\${HOME:-/}" /var/tmp /tmp; do
  [ "$place" = / ] || { mktemp -d -- "$place/.mailferry-XXXXXXXXXX" 2>/dev/null && exit; }
done
echo "no directory for a script can be made" >&2; exit 1`;

/** Runs a script that comes by the standard input: `$1` is the directory, `$2` the program, both perhaps empty. */
const carriedScript = `set -e
here=$(${makeDirectoryScript})
trap 'rm -rf -- "$here"' EXIT
trap 'exit 143' TERM
cat >"$here/script"
chmod 0700 "$here/script"
[ -z "$1" ] || cd -- "$1"
program=$2
shift 2
set -- "$here/script" "$@"
[ -z "$program" ] || set -- "$program" "$@"
"$@" </dev/null`;
