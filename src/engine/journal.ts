import {
  closeSync,
  constants,
  fsync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  truncateSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import type { CarriedRoot, Proof } from "../contract/change.ts";
import { Failure } from "../contract/errors.ts";
import { printableJson } from "../contract/json.ts";
import type { LatchName } from "../contract/latch.ts";
import type { OutcomeStatus } from "../contract/outcome.ts";
import { groupedSync } from "./grouped-sync.ts";
import { isEntry, isOfKnownType } from "./journal-entry.ts";
import type { TaskTimes } from "./task-times.ts";

/** One line of the journal. `at` is ISO 8601 in UTC. */
export type JournalEntry = { readonly at: string; readonly run: string } & JournalFact;

export type JournalFact =
  | {
      readonly type: "stage-started";
      readonly stage: string;
      readonly playbook: string;
      readonly inventory: string;
      readonly domains?: readonly string[] | undefined;
      /** The names of the variables of `-e`: who goes on with it has to give them again. */
      readonly extraVariables?: readonly string[] | undefined;
      /** What the run before had done of it is not done again: what it copied has still to be proven. */
      readonly isResumed?: true | undefined;
    }
  /** `undoes`: the stages that are not done any more, once the way back is. */
  | { readonly type: "stage-done"; readonly stage: string; readonly undoes?: readonly string[] | undefined }
  /** It ran to its end, but for some of its hosts or tasks only (--limit, --tags, --step, …): that is not done. */
  | { readonly type: "stage-partial"; readonly stage: string }
  /** `task` and `host` say where, as far as that is known. */
  | {
      readonly type: "stage-failed";
      readonly stage: string;
      readonly message: string;
      readonly task?: string | undefined;
      readonly host?: string | undefined;
    }
  /** How long the tasks of a stage took that was begun afresh. */
  | { readonly type: "task-times"; readonly stage: string; readonly times: TaskTimes }
  /** What was said of the downtime before it. */
  | {
      readonly type: "downtime-estimated";
      readonly aboutSeconds: number;
      readonly atMostSeconds: number;
    }
  | { readonly type: "rollback-started"; readonly stage: string }
  | { readonly type: "rollback-done"; readonly stage: string }
  /** `since`: when the mark on the host says that it was set; another controller may have set it. */
  | { readonly type: "latch-set"; readonly latch: LatchName; readonly since?: string }
  /** The mail of one host was on the other, when the ledgers were made. */
  | ({ readonly type: "proof-passed" } & Proof)
  /** The mail of a root is brought from new back to old: written before it begins. */
  | ({ readonly type: "mail-merged" } & CarriedRoot)
  /** The mail of a root is copied from old to new: written before it begins. */
  | ({ readonly type: "mail-copied" } & CarriedRoot)
  /** `undoes`: the stages that are not done, and not under way, any more. */
  | {
      readonly type: "latch-lifted";
      readonly latch: LatchName;
      readonly undoes?: readonly string[] | undefined;
    }
  /** `for`: the host whose task it is, where another one does the work (`delegate_to`). */
  | {
      readonly type: "task-intent";
      readonly task: string;
      readonly host: string;
      readonly for?: string | undefined;
      readonly summary: string;
    }
  | {
      readonly type: "task-outcome";
      readonly task: string;
      readonly host: string;
      readonly status: OutcomeStatus;
    }
  /** `user`: who started it; the job is that user's own. `asyncTask`: the name of the task, of a job that goes on beside the stage's tasks. `endsWithRun`: it ends when who waits for it stops at once. */
  | {
      readonly type: "job-started";
      readonly task: string;
      readonly host: string;
      readonly job: string;
      readonly user?: string;
      readonly asyncTask?: string;
      readonly endsWithRun?: boolean;
    }
  | { readonly type: "job-collected"; readonly task: string; readonly host: string; readonly job: string }
  | {
      readonly type: "link-opened";
      readonly source: string;
      readonly target: string;
      readonly directory: string;
      readonly dovecot?: string | undefined;
    }
  | { readonly type: "links-closed"; readonly source: string; readonly target: string }
  | { readonly type: "handler-notified"; readonly handler: string; readonly host: string }
  | { readonly type: "handler-done"; readonly handler: string; readonly host: string };

/** An append-only record. Its lines stand in the order in which they were given. */
export interface Journal {
  /** The entry is on the disk when this returns. */
  append(fact: JournalFact): JournalEntry;
  /** The entry is on the disk when the promise resolves. Those who wait at the same time share one sync. */
  commit(fact: JournalFact): Promise<JournalEntry>;
  /** Writes the entry and syncs it soon, without a wait: for what may be missing after the power went. */
  note(fact: JournalFact): JournalEntry;
  close(): void;
}

/** Opens a journal for appending; a last line that was cut short by a crash is dropped first. */
export function openJournal(file: string, runId: string, now: () => Date): Journal {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  dropTornLine(file);
  const append = constants.O_APPEND | constants.O_CREAT | constants.O_WRONLY | constants.O_NOFOLLOW;
  const descriptor = openSync(file, append, 0o600);
  const disk = groupedSync({
    write: (bytes) => writeWhole(descriptor, bytes),
    sync: (done) => fsync(descriptor, done),
    syncNow: () => fsyncSync(descriptor),
    close: () => closeSync(descriptor),
  });

  function write(fact: JournalFact): JournalEntry {
    const entry: JournalEntry = { at: now().toISOString(), run: runId, ...fact };
    disk.write(Buffer.from(`${printableJson(entry)}\n`));
    return entry;
  }

  return {
    append(fact) {
      const entry = write(fact);
      disk.syncNow();
      return entry;
    },
    async commit(fact) {
      const entry = write(fact);
      await disk.synced();
      return entry;
    },
    note(fact) {
      const entry = write(fact);
      disk.syncSoon();
      return entry;
    },
    close: () => disk.close(),
  };
}

/** Reads a journal; a torn last line is left out, any other damage is an error that names the line. */
export function readJournal(file: string): JournalEntry[] {
  const text = bytesIfThere(file)?.toString("utf8");
  if (text === undefined) return [];
  const lines = text.slice(0, text.lastIndexOf("\n") + 1).split("\n");
  return lines.flatMap((line, index) => (line === "" ? [] : [parseLine(line, `${file}:${index + 1}`)]));
}

function parseLine(line: string, where: string): JournalEntry {
  const damaged = (cause?: unknown) =>
    new Failure("bad-input", `${where}: this line of the journal is damaged`, {
      next: "Move the line aside, if you know what it said; the marks on the hosts still keep the mail.",
      cause,
    });
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw damaged(cause);
  }
  if (!isEntry(value)) throw damaged();
  if (isOfKnownType(value)) return value;
  throw new Failure("bad-input", `${where}: an entry "${value.type}" of a newer version`, {
    next: "Use the version of Mailferry that began this migration.",
  });
}

function bytesIfThere(file: string): Buffer | undefined {
  try {
    const descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      return readFileSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT") return undefined;
    if (code === "ELOOP") throw isLink(file);
    throw error;
  }
}

/** What another file says would count as done, and what is done would be written there. */
function isLink(file: string): Failure {
  return new Failure("bad-input", `${file} is a link to another file`, {
    next: "Look at who made it. Mailferry makes none: put the journal itself in its place.",
  });
}

const lineEnd = 0x0a;

function dropTornLine(file: string): void {
  const bytes = bytesIfThere(file);
  if (bytes === undefined || bytes.length === 0 || bytes.at(-1) === lineEnd) return;
  truncateSync(file, bytes.lastIndexOf(lineEnd) + 1);
}

// A full disk writes part of a line: without the rest the entry does not count, and the caller must know.
function writeWhole(descriptor: number, bytes: Buffer): void {
  let written = 0;
  while (written < bytes.length) written += writeSync(descriptor, bytes, written);
}
