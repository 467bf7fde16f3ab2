import type { DatabaseKind } from "./database-kind.ts";
import { type Columns, columnsOf, type Fingerprint, findDifferences, isSameTable } from "./fingerprint.ts";
import type { Side } from "./sides.ts";

/** What is in the new host's database now, and whose it is. */
export interface TargetState {
  /** Every table with all its columns. */
  readonly now: Fingerprint;
  /** For each expected fingerprint: whether new holds exactly that (and perhaps more tables and columns). */
  readonly matches: readonly boolean[];
  /** Tables with rows that no expected fingerprint has: somebody else's. */
  readonly foreignTables: readonly string[];
}

/** Compares new's tables with everything that Mailferry may have put there. */
export async function readTargetState(
  kind: DatabaseKind,
  fresh: Side,
  expected: readonly Fingerprint[],
  signal: AbortSignal,
): Promise<TargetState> {
  const { tables } = fresh.structure;
  const known = new Map<string, Promise<Fingerprint>>();
  // What was imported has mostly the columns of what is there: one look over a big table is enough.
  const take = (columns: Columns): Promise<Fingerprint> => {
    const key = JSON.stringify([...columns]);
    const taken = known.get(key) ?? kind.takeFingerprint(fresh, columns, signal);
    known.set(key, taken);
    return taken;
  };
  const now = await take(tables);
  const matches: boolean[] = [];
  const ours = new Set<string>();
  for (const fingerprint of expected) {
    const found = await take(existing(columnsOf(fingerprint), tables));
    matches.push(findDifferences(fingerprint, found).length === 0);
    for (const [table, sums] of Object.entries(fingerprint)) {
      if (isSameTable(sums, found[table])) ours.add(table);
    }
  }
  const foreignTables = Object.keys(now).filter((table) => now[table]?.rows !== 0 && !ours.has(table));
  return { now, matches, foreignTables };
}

function existing(wanted: Columns, tables: Columns): Map<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const [table, columns] of wanted) {
    const there = tables.get(table);
    if (there !== undefined)
      found.set(
        table,
        columns.filter((column) => there.includes(column)),
      );
  }
  return found;
}
