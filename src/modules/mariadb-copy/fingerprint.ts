import type { HostReader } from "../../contract/host.ts";
import { type Login, query, quoteName } from "../mariadb/client.ts";
import type { ResultSet } from "../mariadb/result-sets.ts";

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

/** Sums up those columns of those tables, all in one snapshot. A table without columns has its rows counted only. */
export async function takeFingerprint(
  host: HostReader,
  login: Login,
  database: string,
  columns: Columns,
  signal?: AbortSignal,
): Promise<Fingerprint> {
  if (columns.size === 0) return {};
  const asked = [...columns];
  const sums = asked.map(([table, names]) => tableQuery(table, names));
  const statements = `SET time_zone = '+00:00';\nSTART TRANSACTION WITH CONSISTENT SNAPSHOT;\n${sums.join(";\n")}`;
  const results = await query(host, login, statements, { database, signal });
  return Object.fromEntries(asked.map(([table, names], index) => [table, readSums(names, results[index])]));
}

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

/**
 * The sum of a hash over all rows is the same in any order. The hash is over the stored bytes, so that a text in
 * the wrong character set differs; 60 bits of it, which add up exactly in the server's decimals.
 */
function tableQuery(table: string, columns: readonly string[]): string {
  const hashes = columns.map((column) => `COALESCE(MD5(${quoteName(column)}), '-')`);
  const wholeRow = columns.length === 0 ? "0" : sumOf(`MD5(CONCAT(${hashes.join(", ")}))`);
  const single = hashes.map((hash, index) => `${sumOf(hash)} AS c${index}`);
  const values = ["COUNT(*) AS n", `${wholeRow} AS checksum`, ...single];
  return `SELECT ${values.join(", ")} FROM ${quoteName(table)}`;
}

function sumOf(hash: string): string {
  return `COALESCE(SUM(CAST(CONV(LEFT(${hash}, 15), 16, 10) AS UNSIGNED)), 0)`;
}

function readSums(columns: readonly string[], result: ResultSet | undefined): TableSums {
  const row = result?.[0] ?? {};
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
