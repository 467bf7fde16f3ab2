import { closeSync, existsSync, openSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs";
import { Failure } from "../contract/errors.ts";
import { type JsonObject, parseObject, printableJson } from "../contract/json.ts";
import type { OutcomeStatus } from "../contract/outcome.ts";
import type { KeptLevel } from "./host-variables.ts";
import type { KeptOutcome } from "./kept-outcome.ts";
import type { RunInputs } from "./run-inputs.ts";

/** Variables that a task left behind: what it registered, what it set. */
export interface KeptValues {
  readonly level: KeptLevel;
  readonly values: JsonObject;
}

/** How a task came to its end on a host. */
export interface DoneTask {
  readonly status: OutcomeStatus;
  readonly kept?: readonly KeptValues[] | undefined;
  /** It has to run once more: what it left behind is secret or too much for the disk, or its rescue failed. */
  readonly again?: boolean | undefined;
  /** The handlers it called. */
  readonly notified?: readonly string[] | undefined;
  /** The whole outcome, of a failure that a rescue may take back and of one round of a loop. */
  readonly outcome?: KeptOutcome | undefined;
  /** With --step the person did not let it run. */
  readonly refused?: boolean | undefined;
}

/** One line: a task that came to its end, the n-th time that it ran on the host, or one round of its loop. */
export interface DoneLine extends DoneTask {
  readonly task: string;
  readonly time: number;
  readonly host: string;
  /** The round of its loop. */
  readonly round?: number | undefined;
  /** What the item of that round is called. */
  readonly label?: string | undefined;
  /** The job that the task, or this round of it, was about to start (`async`). */
  readonly job?: string | undefined;
}

/** One line: what a person answered to the `vars_prompt` of a play, the n-th time that it was asked. */
export interface AnswersLine {
  readonly play: string;
  readonly time: number;
  readonly answers: JsonObject;
}

/** A line behind the first. */
export type ProgressLine = DoneLine | AnswersLine;

/** Which tasks were meant: a resumed run has to mean the same ones. */
export interface MeantTasks {
  readonly tags: readonly string[];
  readonly skipTags: readonly string[];
  readonly startAtTask?: string | undefined;
}

/** The first line: the stage, and what the run was made from. */
export interface DoneHeading {
  readonly version: 2;
  readonly stage: string;
  readonly inputs: RunInputs;
  readonly meant: MeantTasks;
}

/** What a broken-off run had done of its stage. */
export interface DoneBefore {
  readonly heading: DoneHeading;
  readonly lines: readonly ProgressLine[];
}

/** The open file of a run. */
export interface DoneFile {
  add(line: ProgressLine): void;
  close(): void;
}

/**
 * Reads such a file; undefined when it is not there or can't be one. A line that was cut short is left out; any other damage is
 * a Failure that names the line.
 */
export function readDone(file: string): DoneBefore | undefined {
  if (!existsSync(file)) return undefined;
  const text = readFileSync(file, "utf8");
  const [first = "", ...rest] = text.slice(0, text.lastIndexOf("\n") + 1).split("\n");
  if (first === "") return undefined;
  const heading = readLine(first, `${file}:1`);
  if (heading.version !== 2) return undefined;
  const lines = rest.flatMap((line, index) => {
    const where = `${file}:${index + 2}`;
    const value = line === "" ? undefined : readLine(line, where);
    if (value !== undefined && !isProgress(value)) throw damaged(where);
    return value === undefined ? [] : [value as unknown as ProgressLine];
  });
  return { heading: heading as unknown as DoneHeading, lines };
}

function readLine(line: string, where: string): Readonly<Record<string, unknown>> {
  const value = parseObject(line);
  if (value === undefined) throw damaged(where);
  return value as Readonly<Record<string, unknown>>;
}

function isProgress({ task, host, status, play, answers }: Readonly<Record<string, unknown>>): boolean {
  if (play !== undefined) return typeof answers === "object" && answers !== null;
  return [task, host, status].every((word) => typeof word === "string");
}

function damaged(where: string): Failure {
  return new Failure("bad-input", `${where}: this line is damaged`, {
    next: "Run the stage without --resume: its tasks look first and do what is left.",
  });
}

/** Begins a file, whole or not at all, and leaves it open for more lines. */
export function writeDone(file: string, heading: DoneHeading, lines: Iterable<ProgressLine>): DoneFile {
  const descriptor = openSync(`${file}.new`, "w", 0o600);
  // Nobody waits for the disk: what is lost with the power is run once more, and that is the safe side.
  const write = (line: object) => writeWhole(descriptor, Buffer.from(`${printableJson(line)}\n`));
  write(heading);
  for (const line of lines) write(line);
  renameSync(`${file}.new`, file);
  return { add: write, close: () => closeSync(descriptor) };
}

/** Takes a file away: its stage is done, and what tasks registered need not lie about. */
export function removeDone(file: string): void {
  rmSync(file, { force: true });
}

function writeWhole(descriptor: number, bytes: Buffer): void {
  let written = 0;
  while (written < bytes.length) written += writeSync(descriptor, bytes, written);
}
