import type { Place } from "../contract/errors.ts";
import type { Line } from "./line.ts";

/** How much a report tells. */
export interface LineOptions {
  /** 0 is the results; 1 adds what was found to do, retries and connections; 2 adds the results' values. */
  readonly verbosity: number;
  /** Show the change of text files. */
  readonly diff: boolean;
  /** Where the person works: files below it are named from there. */
  readonly directory?: string | undefined;
  /** The line of a place with a caret under the spot, for lines that begin at `indent`. */
  readonly excerpt?: ((place: Place, indent: number) => readonly string[]) | undefined;
}

/** Where the columns of a run's lines begin. Grows with the names that come up. */
export interface Columns {
  readonly status: number;
  readonly host: number;
}

/** What a line is made with beside its event. */
export interface LineSetting extends LineOptions {
  readonly columns: Columns;
  readonly checkMode: boolean;
  readonly rollback: boolean;
  /** Ids of the tasks that were started as handlers. */
  readonly handlers: ReadonlySet<string>;
}

/** One line of the table that a run prints: status, host, text. The status takes the tone. */
export function row(status: string, host: string, text: string, tone: Line["tone"], columns: Columns): Line {
  const left = `${status.padEnd(columns.status - 1)} `;
  const middle = host === "" ? "" : `${host.padEnd(columns.host)}  `;
  return {
    tone,
    toneWidth: status.length,
    text: `${left}${middle}${text}`.trimEnd(),
    hangingIndent: columns.status,
  };
}
