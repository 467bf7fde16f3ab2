import measureWidth from "fast-string-truncated-width";
import { wrapAnsi } from "fast-wrap-ansi";
import ora, { type Ora } from "ora";
import { formatClock } from "./format.ts";
import { paintLines } from "./line.ts";
import { createLineMaker } from "./lines.ts";
import type { Report } from "./plain.ts";
import type { LineOptions } from "./row.ts";
import { progressText, trackWork, type Work } from "./work.ts";

/** A terminal that can move its cursor. */
export interface TerminalStream extends NodeJS.WritableStream {
  readonly columns?: number | undefined;
}

export interface TerminalOptions extends LineOptions {
  readonly stream: TerminalStream;
  readonly color: boolean;
}

const usualWidth = 80;

/** Lines that stay, and under them a spinner with the task under way: for a person at a terminal. */
export function createTerminalReport(options: TerminalOptions): Report {
  const { stream, color } = options;
  const linesOf = createLineMaker(options);
  const work = trackWork();
  const width = () => stream.columns ?? usualWidth;
  const spinner = createSpinner(stream, color);
  let suspended = false;

  const draw = () => {
    if (suspended || work.label === undefined) return spinner.stop();
    spinner.text = spinnerText(work.label, work, width());
    return spinner.isSpinning ? spinner : spinner.start();
  };
  // The clock goes on where no event comes.
  const timer = setInterval(draw, 1000).unref();

  return {
    listener(event) {
      work.observe(event, Date.now());
      const lines = linesOf(event);
      if (lines.length > 0) {
        spinner.stop();
        stream.write(paintLines(lines, { color, width: width() }));
      }
      draw();
    },
    suspend() {
      suspended = true;
      draw();
    },
    resume() {
      suspended = false;
      draw();
    },
    close() {
      clearInterval(timer);
      spinner.stop();
    },
  };
}

function createSpinner(stream: TerminalStream, color: boolean): Ora {
  return ora({
    stream,
    color: color ? "cyan" : false,
    isEnabled: true,
    // Ctrl-C has to reach us as a signal, and what is typed is for the next question.
    discardStdin: false,
  });
}

/** The task under way with its clock, and how far each host has come. At most two lines a host. */
function spinnerText(task: string, work: Work, width: number): string {
  const clock = `[${formatClock(Date.now() - work.startedAt)}]`;
  // The spinner's own character and a space come before.
  const label = cut(task, width - 3 - clock.length - 1);
  const hosts = [...work.progress].flatMap(([host, progress]) =>
    wrapAnsi(`${host}: ${progressText(progress)}`, width - 5, { hard: true })
      .split("\n")
      .slice(0, 2)
      .map((line, index) => `${index === 0 ? "  " : "    "}${line}`),
  );
  return [`${label} ${clock}`, ...hosts].join("\n");
}

function cut(text: string, width: number): string {
  const { index, truncated } = measureWidth(text, { limit: width, ellipsis: "…" });
  return truncated ? `${text.slice(0, index)}…` : text;
}
