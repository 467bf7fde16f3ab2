import type { Applied, Change } from "../contract/change.ts";
import { BadInput } from "../contract/errors.ts";
import type { HostReader, HostWriter } from "../contract/host.ts";
import type { JsonObject } from "../contract/json.ts";
import type { JobForm, LookContext } from "../contract/module.ts";
import { quoteArgv } from "../contract/shell-words.ts";
import { absolutePath, text } from "./argument-schemas.ts";
import { registeredCommand } from "./command-result.ts";
import { liveLines } from "./live-lines.ts";

/** The arguments that `command` and `shell` share. */
export interface CommandWords {
  readonly chdir?: string;
  readonly creates?: string;
  readonly removes?: string;
  readonly stdin?: string;
}

export const commandWords = {
  chdir: absolutePath("The command starts in this directory, or does not start at all."),
  creates: absolutePath("Does nothing when there is something at this path. Patterns are refused."),
  removes: absolutePath("Does nothing when there is nothing at this path. Patterns are refused."),
  stdin: text("Text for the command's standard input; a line end is added when it has none."),
};

/** Only a task's own `timeout` ends a command sooner: what takes long here is what a person wrote to take long. */
const longestMs = 24 * 60 * 60_000;

export interface CommandChange extends Change {
  readonly argv: readonly string[];
  readonly directory: string | undefined;
  readonly stdin: string | undefined;
}

/** The command as a change; undefined when `creates` or `removes` says that it was done before. */
export async function planCommand(
  argv: readonly string[],
  { chdir, creates, removes, stdin }: CommandWords,
  host: HostReader,
): Promise<CommandChange | undefined> {
  for (const path of [creates, removes]) refusePattern(path);
  if (creates !== undefined && (await host.stat(creates)) !== undefined) return undefined;
  if (removes !== undefined && (await host.stat(removes)) === undefined) return undefined;
  const summary = `run ${shortened(quoteArgv(argv))}`;
  // With one of them it is known that the command will run and change something; without, it may only look.
  const isForeseen = creates !== undefined || removes !== undefined;
  return { summary, argv, directory: chdir, stdin: stdin?.replace(/\n?$/, "\n"), isForeseen };
}

/** Ansible takes a pattern here. Taken for a plain path it would match nothing, and the command would run every time. */
function refusePattern(path: string | undefined): void {
  if (path === undefined || !/[*?[]/.test(path)) return;
  throw new BadInput([
    {
      message: `creates and removes take one path, and ${path} is a pattern`,
      hint: "Name a file without * ? and [.",
    },
  ]);
}

/** Runs the planned command; CommandFailed for any exit code but 0. */
export async function runPlanned(
  { argv, directory, stdin }: CommandChange,
  host: HostWriter,
  { signal, output }: Pick<LookContext, "signal" | "output">,
): Promise<Applied> {
  const lines = liveLines(output);
  const options = { directory, stdin, signal, timeoutMs: longestMs, onOutput: lines.feed };
  try {
    return { result: registeredCommand(await host.run(argv, options)) };
  } finally {
    lines.end();
  }
}

/** What `register` keeps of a command that `creates` or `removes` kept from running: the words of one that ran. */
export async function commandNotRun(
  { creates, removes }: CommandWords,
  host: HostReader,
  _context: LookContext,
  found?: CommandChange,
): Promise<JsonObject> {
  if (found !== undefined) return {};
  const isThere = creates !== undefined && (await host.stat(creates)) !== undefined;
  const why = isThere ? `${creates} exists` : `${removes} does not exist`;
  const words = { stdout: `skipped, since ${why}`, stderr: "" };
  return {
    rc: 0,
    ...words,
    stdout_lines: [words.stdout],
    stderr_lines: [],
    msg: `did not run, since ${why}`,
  };
}

/** The planned command as a job. */
export const commandAsJob: JobForm<CommandChange> = {
  job: ({ argv, directory, stdin }) => ({
    name: "async",
    argv:
      directory === undefined
        ? argv
        : ["sh", "-c", 'cd -- "$1" && shift && exec "$@"', "sh", directory, ...argv],
    ...(stdin === undefined ? {} : { stdin: Buffer.from(stdin) }),
  }),
  result: registeredCommand,
};

const longestShown = 120;

function shortened(line: string): string {
  const flat = line.replaceAll(/\s+/g, " ");
  return flat.length <= longestShown ? flat : `${flat.slice(0, longestShown)}…`;
}
