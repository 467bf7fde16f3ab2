import type { HostReader } from "../contract/host.ts";
import type { Json, JsonObject } from "../contract/json.ts";
import { lookingModule } from "../contract/module.ts";
import { closed, oneOf, whenIs, word } from "./argument-schemas.ts";
import type { DatabaseKind, ResultSet, Row } from "./database-copy/database-kind.ts";
import { type ClientWords, clientWords } from "./mariadb/arguments.ts";
import * as mariadb from "./mariadb/client.ts";
import * as postgresql from "./postgresql/client.ts";
import * as sqlite from "./sqlite/client.ts";

export interface SqlQueryArgs extends ClientWords {
  readonly query: string;
  readonly kind?: DatabaseKind["name"];
}

/** Asks the host's database, in a transaction that can't write. */
export const sqlQuery = lookingModule<SqlQueryArgs>({
  name: "sql_query",
  description:
    "Asks the host's MariaDB or MySQL, PostgreSQL or SQLite in a way that can't write. Registers `rows` (a list of objects by column) and `count`. A column that holds nothing but whole numbers comes as numbers, NULL as null, all else as text.",
  shorthand: "query",
  args: closed(
    {
      ...clientWords,
      database: word("The database to use; for SQLite its file."),
      query: word(
        "The query. MariaDB takes several, of which the rows of the last are registered; the others take one.",
      ),
      kind: oneOf(["mariadb", "postgresql", "sqlite"], "What the database is kept by."),
    },
    { required: ["query"], ...whenIs("kind", "sqlite", { needs: ["database"] }) },
  ),

  async look(args, host, { signal }) {
    const rows = withNumbers(await ask(args, host, signal));
    return { result: { rows, count: rows.length } };
  },
});

async function ask(args: SqlQueryArgs, host: HostReader, signal: AbortSignal): Promise<ResultSet> {
  const { kind = "mariadb", database, defaults_file } = args;
  if (kind === "postgresql") {
    const [rows = []] = await postgresql.query(host, [args.query], { database, signal });
    return rows;
  }
  if (kind === "sqlite") return (await sqlite.query(host, database ?? "", args.query, signal)).at(-1) ?? [];
  const login = await mariadb.findLogin(host, defaults_file, signal);
  return (await mariadb.query(host, login, args.query, { database, signal })).at(-1) ?? [];
}

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
