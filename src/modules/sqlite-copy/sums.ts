import { Failure } from "../../contract/errors.ts";
import type { DatabaseAt } from "../database-copy/database-kind.ts";
import { type Columns, type Fingerprint, readSums } from "../database-copy/fingerprint.ts";
import { ask, quoteName } from "../sqlite/client.ts";

/**
 * Sums up those columns of those tables, all in one snapshot. Not every version of SQLite can hash: the host's own
 * programs do, over the sorted values, each with its type and its bytes.
 */
export async function takeFingerprint(
  { host, name }: DatabaseAt,
  columns: Columns,
  signal: AbortSignal,
): Promise<Fingerprint> {
  if (columns.size === 0) return {};
  const asked = [...columns];
  const script = `BEGIN;\n${asked.flatMap(([table, names]) => tableQueries(table, names)).join("")}`;
  const { stdout } = await ask(host, name, script, signal);
  const lines = stdout.toString("utf8").trimEnd().split("\n");
  const sums: [string, ReturnType<typeof readSums>][] = [];
  for (const [table, names] of asked) {
    const [n = "", checksum = "", ...single] = lines.splice(0, 2 + names.length).map(firstWord);
    if (!/^\d+$/.test(n)) throw new Failure("task-failed", `${name} can't be summed up`, { host: host.name });
    const byColumn = Object.fromEntries(single.map((sum, index) => [`c${index}`, sum]));
    sums.push([table, readSums(names, { n, checksum, ...byColumn })]);
  }
  return Object.fromEntries(sums);
}

function tableQueries(table: string, columns: readonly string[]): string[] {
  const from = `FROM ${quoteName(table)};\n`;
  const values = columns.map((column) => {
    const quoted = quoteName(column);
    return `typeof(${quoted}) || ':' || hex(CAST(${quoted} AS BLOB))`;
  });
  const wholeRow = values.length === 0 ? "''" : values.join(" || ',' || ");
  return [
    `SELECT COUNT(*) ${from}`,
    ...[wholeRow, ...values].map((value) => `${hashed}SELECT ${value} ${from}`),
  ];
}

const hashed = '.once "|LC_ALL=C sort | sha256sum"\n';

function firstWord(line: string): string {
  return line.split(" ")[0] ?? "";
}
