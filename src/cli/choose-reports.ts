import { appendFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Listener } from "../contract/events.ts";
import { createPlainReport, type Report } from "../report/plain.ts";
import { cleaned } from "../report/redact.ts";
import type { CommandContext } from "./context.ts";
import type { PlayOptions } from "./options.ts";
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
  const listeners = [screen.listener, kept.listener].map((listener) =>
    guarded(cleaned(listener, context.redactor), (error) =>
      context.err(`a report stopped: ${context.redactor.clean(String(error))}\n`),
    ),
  );
  return {
    screen: { ...screen, close: () => [screen, kept].forEach((report) => void report.close()) },
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
  const told = { verbosity: options.verbose ?? 0, diff: options.diff ?? false, directory: cwd };
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

/** `runs/<id>/report.txt`: what a person would have seen with -v. Diffs stay out, for the secrets that files may hold. */
function createKeptReport(stateDirectory: string): Report {
  let file: string | undefined;
  const report = createPlainReport({
    verbosity: 1,
    diff: false,
    color: false,
    write: (text) => {
      if (file !== undefined) appendFileSync(file, text, { mode: 0o600 });
    },
  });
  const listener: Listener = (event) => {
    if (event.type === "run-started" && !event.checkMode) {
      const directory = join(stateDirectory, "runs", event.runId);
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      file = join(directory, "report.txt");
    }
    report.listener(event);
  };
  return { ...report, listener };
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
