import type { DatabaseAt } from "../database-copy/database-kind.ts";
import { type Columns, type Fingerprint, readSums } from "../database-copy/fingerprint.ts";
import { query, quoteName } from "../postgresql/client.ts";

/** Sums up those columns of those tables, all in one snapshot. */
export async function takeFingerprint(
  { host, name }: DatabaseAt,
  columns: Columns,
  signal: AbortSignal,
): Promise<Fingerprint> {
  if (columns.size === 0) return {};
  const asked = [...columns];
  const queries = asked.map(([table, names]) => tableQuery(table, names));
  const results = await query(host, queries, { database: name, signal });
  return Object.fromEntries(
    asked.map(([table, names], index) => [table, readSums(names, results[index]?.[0])]),
  );
}

/** The sum of a hash over all rows is the same in any order; 60 bits of it, which add up exactly. */
function tableQuery(table: string, columns: readonly string[]): string {
  const hashes = columns.map((column) => `COALESCE(MD5(${quoteName(column)}::text), '-')`);
  const wholeRow = columns.length === 0 ? "0" : sumOf(`MD5(${hashes.join(" || ")})`);
  const single = hashes.map((hash, index) => `${sumOf(hash)} AS c${index}`);
  const values = ["COUNT(*) AS n", `${wholeRow} AS checksum`, ...single];
  return `SELECT ${values.join(", ")} FROM ONLY ${quoteTable(table)}`;
}

/** A hash of `-` is none: NULL counts nothing. */
function sumOf(hash: string): string {
  return `COALESCE(SUM(CASE ${hash} WHEN '-' THEN 0 ELSE ('x' || LEFT(${hash}, 15))::bit(60)::bigint END), 0)`;
}

/** As the structure calls it: `table` in the schema public, `schema.table` elsewhere. */
function quoteTable(table: string): string {
  const dot = table.indexOf(".");
  return dot === -1
    ? `public.${quoteName(table)}`
    : `${quoteName(table.slice(0, dot))}.${quoteName(table.slice(dot + 1))}`;
}
