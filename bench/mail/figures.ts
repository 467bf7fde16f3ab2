import type { Reading } from "../common/measure.ts";

/** What one way of doing one piece of work took, in all rounds. */
export interface Figure {
  readonly work: WorkId;
  readonly peer: string;
  /** As it was typed, with the options of the bench's own keys and ports left out. */
  readonly command: string;
  readonly readings: Timed[];
}

/** One round. */
export interface Timed extends Reading {
  /** Mailferry's own count of the tasks that do the work: its connections stand before. */
  readonly taskSeconds?: number;
}

export type WorkId = (typeof works)[number]["id"];

/** All work, in the order of the table. */
export const works = [
  { id: "first", title: "first copy" },
  { id: "changed", title: "last pass, 0.1 % changed" },
  { id: "unchanged", title: "last pass, nothing changed" },
  { id: "changed-far", title: "last pass, 0.1 % changed, 20 ms" },
  { id: "unchanged-far", title: "last pass, nothing changed, 20 ms" },
  { id: "folders", title: "last pass, folders of ten times the messages" },
  { id: "proof", title: "ledger and proof by names and sizes" },
  { id: "hashes", title: "ledger and proof with hashes" },
  { id: "ledgers", title: "ledgers and proof of ten million messages" },
] as const;

/** Figures as they come in. */
export class FigureBook {
  readonly figures: Figure[] = [];

  add(work: WorkId, peer: string, command: string, reading: Timed): void {
    let figure = this.figures.find((one) => one.work === work && one.peer === peer);
    if (figure === undefined) {
      figure = { work, peer, command, readings: [] };
      this.figures.push(figure);
    }
    figure.readings.push(reading);
    const { wallSeconds, taskSeconds, memoryMebibytes } = reading;
    const task = taskSeconds === undefined ? "" : ` (tasks ${taskSeconds.toFixed(2)} s)`;
    const title = works.find(({ id }) => id === work)?.title;
    console.log(`${title}, ${peer}: ${wallSeconds} s${task}, ${Math.round(memoryMebibytes)} MiB`);
  }
}

/** What came out of one run of the bench. */
export interface Results {
  readonly figures: readonly Figure[];
  readonly volume: { readonly mailboxes: number; readonly messages: number; readonly bytes: number };
  /** What could not be measured as it should be, and why. */
  readonly missing: readonly string[];
  readonly versions: Readonly<Record<string, string>>;
}
