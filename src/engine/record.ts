import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type JournalEntry, type JournalFact, openJournal, readJournal } from "./journal.ts";
import { advance, deriveState, type MigrationState } from "./state.ts";

/** The migration's memory: the journal and the state that follows from it. */
export interface MigrationRecord {
  state(): MigrationState;
  /** Adds a fact; it is on the disk when this returns. */
  add(fact: JournalFact): JournalEntry;
  close(): void;
}

/** Opens the record in a state directory (made with mode 0700) for one run. */
export function openRecord(stateDirectory: string, runId: string, now: () => Date): MigrationRecord {
  mkdirSync(stateDirectory, { recursive: true, mode: 0o700 });
  const file = join(stateDirectory, "journal.jsonl");
  const journal = openJournal(file, runId, now);
  let state = deriveState(readJournal(file));
  return {
    state: () => state,
    add(fact) {
      const entry = journal.append(fact);
      const next = advance(state, entry);
      if (next !== state) writeState(stateDirectory, next);
      state = next;
      return entry;
    },
    close: () => journal.close(),
  };
}

/**
 * A record that remembers for this process alone. Check mode uses it: it goes on from what the journal
 * says and writes nothing, on the controller either.
 */
export function openForgetfulRecord(stateDirectory: string, runId: string, now: () => Date): MigrationRecord {
  let state = readState(stateDirectory);
  return {
    state: () => state,
    add(fact) {
      const entry = { at: now().toISOString(), run: runId, ...fact };
      state = advance(state, entry);
      return entry;
    },
    close: () => undefined,
  };
}

/** Where a migration stands, from its journal alone; `state.json` is for people and other programs. */
export function readState(stateDirectory: string): MigrationState {
  return deriveState(readJournal(join(stateDirectory, "journal.jsonl")));
}

function writeState(directory: string, state: MigrationState): void {
  const file = join(directory, "state.json");
  writeFileSync(`${file}.new`, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
