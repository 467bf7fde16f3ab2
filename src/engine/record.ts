import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { printableJson } from "../contract/json.ts";
import { type JournalEntry, type JournalFact, openJournal, readJournal } from "./journal.ts";
import { intentKey, noteIntent, type OpenIntents, openIntents } from "./open-intents.ts";
import { advance, deriveState, type MigrationState } from "./state.ts";

/** The migration's memory: the journal and the state that follows from it. */
export interface MigrationRecord {
  state(): MigrationState;
  /** What the run that was broken off had begun of a task; undefined when it had not, and from the second time on. */
  takeOpenIntent(task: string, host: string): string | undefined;
  /** Whether a change was begun by a task on a host whose outcome is not told yet. */
  isBegun(task: string, host: string): boolean;
  /** Adds a fact; it is on the disk when this returns. */
  add(fact: JournalFact): JournalEntry;
  /** Adds a fact; it is on the disk when the promise resolves. Hosts that come at the same time share the wait. */
  commit(fact: JournalFact): Promise<JournalEntry>;
  /** Adds a fact that reaches the disk soon: for one that a later run finds out by looking, if the power went before. */
  note(fact: JournalFact): JournalEntry;
  close(): void;
}

/** Opens the record in a state directory (made with mode 0700) for one run. */
export function openRecord(stateDirectory: string, runId: string, now: () => Date): MigrationRecord {
  mkdirSync(stateDirectory, { recursive: true, mode: 0o700 });
  const file = join(stateDirectory, "journal.jsonl");
  const journal = openJournal(file, runId, now);
  const entries = readJournal(file);
  const open = openIntents(entries);
  let state = deriveState(entries);
  const begun: OpenIntents = new Map();
  function keep(entry: JournalEntry): JournalEntry {
    noteIntent(begun, entry);
    const next = advance(state, entry);
    if (next !== state) writeState(stateDirectory, next);
    state = next;
    return entry;
  }
  return {
    state: () => state,
    takeOpenIntent(task, host) {
      const intent = open.get(intentKey(task, host));
      open.delete(intentKey(task, host));
      return intent;
    },
    isBegun: (task, host) => begun.has(intentKey(task, host)),
    add: (fact) => keep(journal.append(fact)),
    commit: async (fact) => keep(await journal.commit(fact)),
    note: (fact) => keep(journal.note(fact)),
    close: () => journal.close(),
  };
}

/**
 * A record that remembers for this process alone. Check mode uses it: it goes on from what the journal
 * says and writes nothing, on the controller either.
 */
export function openForgetfulRecord(stateDirectory: string, runId: string, now: () => Date): MigrationRecord {
  let state = readState(stateDirectory);
  function add(fact: JournalFact): JournalEntry {
    const entry = { at: now().toISOString(), run: runId, ...fact };
    state = advance(state, entry);
    return entry;
  }
  return {
    state: () => state,
    takeOpenIntent: () => undefined,
    isBegun: () => false,
    add,
    commit: async (fact) => add(fact),
    note: add,
    close: () => undefined,
  };
}

/** Where a migration stands, from its journal alone; `state.json` is for people and other programs. */
export function readState(stateDirectory: string): MigrationState {
  return deriveState(readJournal(join(stateDirectory, "journal.jsonl")));
}

function writeState(directory: string, state: MigrationState): void {
  const file = join(directory, "state.json");
  writeFileSync(`${file}.new`, `${printableJson(state, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
