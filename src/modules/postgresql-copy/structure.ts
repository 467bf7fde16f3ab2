import type { DatabaseAt, Row, Structure, Unfit } from "../database-copy/database-kind.ts";
import { query, quoteText } from "../postgresql/client.ts";

/** Reads the structure from the catalogues. Views, functions and triggers are part of a dump. */
export async function readStructure({ host, name }: DatabaseAt, signal: AbortSignal): Promise<Structure> {
  const [found = []] = await query(
    host,
    [`SELECT 1 AS one FROM pg_database WHERE datname = ${quoteText(name)}`],
    {
      signal,
    },
  );
  const bare = { exists: false, tables: new Map(), columnLines: [], unfit: [noTables(name)] };
  if (found.length === 0) return bare;
  const [tables = [], columns = [], foreign = []] = await query(host, structureQueries, {
    database: name,
    signal,
  });
  return {
    exists: true,
    tables: columnsByTable(tables, columns),
    columnLines: columns.map((column) => Object.values(column).join(" ")),
    unfit: [
      ...(tables.length === 0 ? [noTables(name)] : []),
      ...unfitTables(`${name} on ${host.name}`, foreign),
    ],
  };
}

// A table is called by its name alone, as SQL is, where it is in the schema that all have.
const tableName = "CASE n.nspname WHEN 'public' THEN c.relname::text ELSE n.nspname || '.' || c.relname END";

const ownSchemas = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'";

const structureQueries = [
  `SELECT ${tableName} AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind = 'r' AND ${ownSchemas} ORDER BY 1`,
  `SELECT ${tableName} AS table_name, a.attname AS column_name, format_type(a.atttypid, a.atttypmod) AS type,
  a.attnotnull AS not_null, pg_get_expr(d.adbin, d.adrelid) AS by_default, o.collname AS collation
 FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
 LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum LEFT JOIN pg_collation o ON o.oid = a.attcollation
 WHERE c.relkind = 'r' AND ${ownSchemas} AND a.attnum > 0 AND NOT a.attisdropped ORDER BY 1, a.attnum`,
  `SELECT ${tableName} AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('f', 'm') AND ${ownSchemas} ORDER BY 1`,
];

function columnsByTable(tables: readonly Row[], columns: readonly Row[]): Map<string, string[]> {
  const found = new Map<string, string[]>(tables.map(({ name }) => [name ?? "", []]));
  for (const { table_name, column_name } of columns) found.get(table_name ?? "")?.push(column_name ?? "");
  return found;
}

/** Who may read them is not in a copy: it stays as it was on new. */
function noTables(database: string): Unfit {
  return {
    on: "new",
    what: `there is no database ${database} with tables on new`,
    next: "Make it as new's guide says, with its users and what they may do; its rows come from old.",
  };
}

/** Their rows lie elsewhere, or are made of others: neither comes with a dump as it is. */
function unfitTables(database: string, foreign: readonly Row[]): Unfit[] {
  if (foreign.length === 0) return [];
  const what = `database ${database} has foreign tables or materialized views: ${foreign.map(({ name }) => name).join(", ")}`;
  return [{ on: "old", what, next: "Drop them on old, and make them again on new after the copy." }];
}
