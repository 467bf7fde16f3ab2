import type { Listener } from "../contract/events.ts";
import { type Line, type PaintOptions, paintLines } from "./line.ts";
import { createLineMaker } from "./lines.ts";
import type { LineOptions } from "./row.ts";
import { beatMs, trackWork } from "./work.ts";

export interface PlainOptions extends LineOptions, PaintOptions {
  readonly write: (text: string) => void;
}

/** A report that stays out of the way while something else uses the screen. */
export interface Report {
  readonly listener: Listener;
  /** Nothing is drawn until `resume`: a question stands on the screen. */
  suspend(): void;
  resume(): void;
  /** Stops timers and leaves the screen as it found it. */
  close(): void;
}

/** Lines, one after the other: for a file, a pipe, a dumb terminal. */
export function createPlainReport(options: PlainOptions): Report {
  const linesOf = createLineMaker(options);
  const write = (lines: readonly Line[]) => options.write(paintLines(lines, options));
  const work = trackWork();
  const beat = () => write(work.beatLines(Date.now()));
  let timer = setInterval(beat, beatMs).unref();
  return {
    listener(event) {
      work.observe(event, Date.now());
      const lines = linesOf(event);
      if (lines.length > 0) write(lines);
    },
    suspend: () => clearInterval(timer),
    resume() {
      clearInterval(timer);
      timer = setInterval(beat, beatMs).unref();
    },
    close: () => clearInterval(timer),
  };
}
