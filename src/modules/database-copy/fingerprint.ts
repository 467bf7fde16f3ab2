import type { Row } from "./database-kind.ts";

/** What a table holds, whatever the order of its rows. Equal on every version of the server. */
export interface TableSums {
  readonly rows: number;
  /** Over whole rows: tells two values that changed places. */
  readonly checksum: string;
  /** Over each column alone: tells where a difference is. */
  readonly columns: Readonly<Record<string, string>>;
}

/** The tables of a database by name. */
export type Fingerprint = Readonly<Record<string, TableSums>>;

/** Which columns of which tables to look at. */
export type Columns = ReadonlyMap<string, readonly string[]>;

/** Says in words where two fingerprints differ; nothing where they are equal. */
export function findDifferences(expected: Fingerprint, found: Fingerprint): string[] {
  return Object.entries(expected).flatMap(([table, sums]) => {
    const other = Object.hasOwn(found, table) ? found[table] : undefined;
    if (other === undefined) return [`table ${table} is missing`];
    return differencesOfTable(table, sums, other);
  });
}

/** True when a table holds the same as it should, in the columns that are expected. */
export function isSameTable(expected: TableSums, found: TableSums | undefined): boolean {
  return found !== undefined && differencesOfTable("", expected, found).length === 0;
}

/** The columns that a fingerprint was taken over. */
export function columnsOf(fingerprint: Fingerprint): Map<string, string[]> {
  return new Map(Object.entries(fingerprint).map(([table, { columns }]) => [table, Object.keys(columns)]));
}

/** The fingerprint's rows in total. */
export function countRows(fingerprint: Fingerprint): number {
  return Object.values(fingerprint).reduce((total, { rows }) => total + rows, 0);
}

/** What a row of sums says: `n` rows, the `checksum` of whole rows, and those of the columns as `c0`, `c1`, … */
export function readSums(columns: readonly string[], row: Row = {}): TableSums {
  return {
    rows: Number(row.n),
    checksum: row.checksum ?? "",
    columns: Object.fromEntries(columns.map((column, index) => [column, row[`c${index}`] ?? ""])),
  };
}

function differencesOfTable(table: string, expected: TableSums, found: TableSums): string[] {
  if (expected.rows !== found.rows) return [`table ${table} has ${found.rows} rows, not ${expected.rows}`];
  const columns = Object.keys(expected.columns).filter(
    (column) => expected.columns[column] !== found.columns[column],
  );
  if (columns.length > 0) return [`table ${table} differs in ${columns.join(", ")}`];
  return expected.checksum === found.checksum ? [] : [`table ${table} has values in other rows`];
}
