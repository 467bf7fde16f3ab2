import type { Json, JsonObject } from "../contract/json.ts";
import { lookingModule } from "../contract/module.ts";
import { closed, word } from "./argument-schemas.ts";
import type { ResultSet, Row } from "./database-copy/database-kind.ts";
import { type ClientWords, clientWords } from "./mariadb/arguments.ts";
import { findLogin, query } from "./mariadb/client.ts";

export interface SqlQueryArgs extends ClientWords {
  readonly query: string;
}

/** Asks the host's MariaDB, in a transaction that can't write. */
export const sqlQuery = lookingModule<SqlQueryArgs>({
  name: "sql_query",
  description:
    "Asks the host's MariaDB or MySQL in a read-only transaction. Registers `rows` (a list of objects by column) and `count`. A column that holds nothing but whole numbers comes as numbers, NULL as null, all else as text.",
  shorthand: "query",
  args: closed(
    { ...clientWords, query: word("The query. With several, the rows of the last are registered.") },
    { required: ["query"] },
  ),

  async look(args, host, { signal }) {
    const login = await findLogin(host, args.defaults_file, signal);
    const results = await query(host, login, args.query, { database: args.database, signal });
    const rows = withNumbers(results.at(-1) ?? []);
    return { result: { rows, count: rows.length } };
  },
});

function withNumbers(rows: ResultSet): JsonObject[] {
  const numeric = numericColumns(rows);
  const convert = ([column, value]: [string, string | null]): [string, Json] => [
    column,
    value !== null && numeric.has(column) ? Number(value) : value,
  ];
  return rows.map((row: Row) => Object.fromEntries(Object.entries(row).map(convert)));
}

/** Whole columns, so that one column never holds both numbers and text. */
function numericColumns(rows: ResultSet): Set<string> {
  const columns = new Set(rows.flatMap((row) => Object.keys(row)));
  for (const row of rows) {
    for (const [column, value] of Object.entries(row)) {
      if (value !== null && !isWholeNumber(value)) columns.delete(column);
    }
  }
  return columns;
}

/** Written as a number is written (no leading zero), and small enough to be exact. */
function isWholeNumber(value: string): boolean {
  return /^(0|-?[1-9]\d{0,15})$/.test(value) && Number.isSafeInteger(Number(value));
}
