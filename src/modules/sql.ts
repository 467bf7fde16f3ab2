import type { Change } from "../contract/change.ts";
import { changingModule } from "../contract/module.ts";
import { closed, word } from "./argument-schemas.ts";
import type { Login } from "./database-copy/database-kind.ts";
import { type ClientWords, clientWords } from "./mariadb/arguments.ts";
import { execute, findLogin, query } from "./mariadb/client.ts";

export interface SqlArgs extends ClientWords {
  readonly statement: string;
  readonly unless?: string;
}

interface SqlChange extends Change {
  readonly login: Login;
  readonly database: string | undefined;
  readonly statement: string;
}

/** Runs an SQL statement on the host's MariaDB. */
export const sql = changingModule<SqlArgs, SqlChange>({
  name: "sql",
  description:
    "Runs an SQL statement on the host's MariaDB or MySQL, as root by the local socket. Registers `rows_changed`.",
  preview: "unknown",
  shorthand: "statement",
  args: closed(
    {
      ...clientWords,
      statement: word("The statement. It reaches the server through standard input, never through argv."),
      unless: word(
        "A query: when it returns a row, the work is done already. Without it an UPDATE, INSERT, REPLACE or DELETE that touches no row counts as unchanged.",
      ),
    },
    { required: ["statement"] },
  ),

  async check({ database, defaults_file, statement, unless }, host, { signal }) {
    const login = await findLogin(host, defaults_file, signal);
    if (unless !== undefined) {
      const found = await query(host, login, unless, { database, signal });
      if (found.some((rows) => rows.length > 0)) return undefined;
    }
    return { summary: `run ${firstWords(statement)}`, login, database, statement };
  },

  touches: () => [],
  async apply({ login, database, statement }, host, { signal }) {
    const counting = `${statement}\n;\nSELECT ROW_COUNT() AS rows_changed`;
    const results = await execute(host, login, counting, { database, signal });
    const rowsChanged = Number(results.at(-1)?.[0]?.rows_changed ?? -1);
    return {
      result: { rows_changed: rowsChanged },
      unchanged: rowsChanged === 0 && isOneDataStatement(statement),
    };
  },
});

/** Only for these, and only for the last of several, does the server count rows. */
function isOneDataStatement(statement: string): boolean {
  const bare = statement.trim().replace(/;+$/, "");
  return /^(update|insert|replace|delete)\s/i.test(bare) && !bare.includes(";");
}

/** No more than stands before the first value: a value may be a password. */
function firstWords(statement: string): string {
  const flat = statement.trim().replaceAll(/\s+/g, " ");
  const bare = /^[^'"]{0,80}/.exec(flat)?.[0] ?? "";
  return bare.length < flat.length ? `${bare}…` : bare;
}
