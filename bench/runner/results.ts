import type { Reading } from "../common/measure.ts";

/** All readings of one peer for one column of the table. */
export interface Cell {
  readonly work: string;
  readonly column: string;
  readonly peer: string;
  readonly readings: readonly Reading[];
}

/** What starting the program costs, in seconds. */
export interface StartUp {
  readonly command: string;
  readonly wallSeconds: number;
  readonly runs: number;
}

/** What came out of one run of the bench. */
export interface Results {
  readonly cells: readonly Cell[];
  readonly startUps: readonly StartUp[];
  /** The controller at work on 1,000 hosts. */
  readonly memory: Reading | undefined;
  /** What could not be measured here, and why. */
  readonly missing: readonly string[];
  readonly versions: Readonly<Record<string, string>>;
}

/** The column that a work fills; a copy has a second one for the run with nothing to do. */
export function columnsOf(work: { readonly title: string; readonly kind: string }): readonly string[] {
  return work.kind === "copy" ? [`${work.title}: first`, "unchanged"] : [work.title];
}
