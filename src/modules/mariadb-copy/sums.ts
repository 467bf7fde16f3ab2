import type { DatabaseAt } from "../database-copy/database-kind.ts";
import { type Columns, type Fingerprint, readSums } from "../database-copy/fingerprint.ts";
import { query, quoteName } from "../mariadb/client.ts";

/** Sums up those columns of those tables, all in one snapshot. Equal on every version of the server. */
export async function takeFingerprint(
  { host, login, name }: DatabaseAt,
  columns: Columns,
  signal: AbortSignal,
): Promise<Fingerprint> {
  if (columns.size === 0) return {};
  const asked = [...columns];
  const sums = asked.map(([table, names]) => tableQuery(table, names));
  const statements = `SET time_zone = '+00:00';\nSTART TRANSACTION WITH CONSISTENT SNAPSHOT;\n${sums.join(";\n")}`;
  const results = await query(host, login, statements, { database: name, signal });
  return Object.fromEntries(
    asked.map(([table, names], index) => [table, readSums(names, results[index]?.[0])]),
  );
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
