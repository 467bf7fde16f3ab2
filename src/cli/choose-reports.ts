import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Listener } from "../contract/events.ts";
import { excerptOf } from "../language/problems.ts";
import { createPlainReport, type Report } from "../report/plain.ts";
import { cleaned } from "../report/redact.ts";
import type { LineOptions } from "../report/row.ts";
import type { CommandContext } from "./context.ts";
import type { PlayOptions } from "./options.ts";
import { sourceOf } from "./source-of.ts";
import { isScreen, wantsColor } from "./surroundings.ts";

/** Everything that listens to a run. */
export interface Reports {
  readonly listeners: readonly Listener[];
  /** The one that uses the screen; a question suspends it. */
  readonly screen: Report;
}

/** The report for the person or the program at standard output, and the one kept with the run. */
export async function chooseReports(
  options: PlayOptions,
  context: CommandContext,
  stateDirectory: string,
): Promise<Reports> {
  const screen = await chooseScreen(options, context);
  const kept = createKeptReport(stateDirectory);
  const junit =
    options.junit === undefined ? [] : [await junitFile(resolve(context.surroundings.cwd, options.junit))];
  const listeners = [screen, kept, ...junit].map(({ listener }) =>
    guarded(cleaned(listener, context.redactor), (error) =>
      context.err(`a report stopped: ${context.redactor.clean(String(error))}\n`),
    ),
  );
  return {
    screen: { ...screen, close: () => [screen, kept, ...junit].forEach((report) => void report.close()) },
    listeners,
  };
}

async function chooseScreen(options: PlayOptions, context: CommandContext): Promise<Report> {
  const { stdout, environment, cwd } = context.surroundings;
  if (options.json) {
    const { createJsonLines } = await import("../report/json-lines.ts");
    const none = () => undefined;
    return { listener: createJsonLines(context.out), suspend: none, resume: none, close: none };
  }
  const told = {
    verbosity: options.verbose ?? 0,
    diff: options.diff ?? false,
    directory: cwd,
    excerpt: excerptFor(context),
  };
  const color = wantsColor(stdout, environment);
  if (isScreen(stdout, environment)) {
    const { createTerminalReport } = await import("../report/terminal.ts");
    return createTerminalReport({ ...told, color, stream: stdout });
  }
  return createPlainReport({
    ...told,
    color,
    write: context.out,
    width: stdout.isTTY ? stdout.columns : undefined,
  });
}

/** The lines of files that a run's errors point into; at a terminal cut to its width. */
function excerptFor({ surroundings: { stdout, cwd }, redactor }: CommandContext): LineOptions["excerpt"] {
  return (place, indent) => {
    const room = stdout.isTTY ? Math.max(20, (stdout.columns ?? 80) - indent - gutterWidth) : undefined;
    return excerptOf(place, sourceOf(resolve(cwd, place.file)), room).map((line) => redactor.clean(line));
  };
}

const gutterWidth = 9;

/** `--junit`: written when the run is over, also when it was broken off. */
async function junitFile(file: string): Promise<Pick<Report, "listener" | "close">> {
  const { createJunit } = await import("../report/junit.ts");
  const junit = createJunit();
  let isOpen = true;
  mkdirSync(dirname(file), { recursive: true });
  return {
    listener: junit.listener,
    close() {
      if (isOpen) writeFileSync(file, junit.xml());
      isOpen = false;
    },
  };
}

/** `runs/<id>/report.txt`: what a person would have seen with -v. Diffs stay out, for the secrets that files may hold. */
function createKeptReport(stateDirectory: string): Report {
  let file: number | undefined;
  const report = createPlainReport({
    verbosity: 1,
    diff: false,
    color: false,
    write: (text) => {
      if (file !== undefined) writeSync(file, text);
    },
  });
  const listener: Listener = (event) => {
    if (event.type === "run-started" && !event.checkMode) {
      const directory = join(stateDirectory, "runs", event.runId);
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      file = openSync(join(directory, "report.txt"), "a", 0o600);
    }
    report.listener(event);
  };
  return {
    ...report,
    listener,
    close() {
      report.close();
      if (file !== undefined) closeSync(file);
      file = undefined;
    },
  };
}

/** A listener that throws is left out from then on: a report must not stop a run. */
function guarded(listener: Listener, onFault: (error: unknown) => void): Listener {
  let broken = false;
  return (event) => {
    if (broken) return;
    try {
      listener(event);
    } catch (error) {
      broken = true;
      onFault(error);
    }
  };
}
