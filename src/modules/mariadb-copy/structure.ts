import type { HostReader } from "../../contract/host.ts";
import { type Login, query, quoteText } from "../mariadb/client.ts";
import type { Row } from "../mariadb/result-sets.ts";

/** What a database is made of. */
export interface Structure {
  readonly exists: boolean;
  /** The columns of each base table, in order. */
  readonly tables: ReadonlyMap<string, readonly string[]>;
  /** One line for each column with its type and collation: equal lines, equal tables. */
  readonly columnLines: readonly string[];
  /** Views, sequences, triggers, routines and events, as "view name". */
  readonly programs: readonly string[];
  /** Foreign keys between this database and another, as "a.b refers to c.d". */
  readonly foreignKeysAcross: readonly string[];
}

/** Reads the structure from information_schema. */
export async function readStructure(
  host: HostReader,
  login: Login,
  database: string,
  signal?: AbortSignal,
): Promise<Structure> {
  const results = await query(host, login, structureQueries(quoteText(database)), { signal });
  const [schemas = [], objects = [], columns = [], programs = [], keys = []] = results;
  return {
    exists: schemas.length > 0,
    tables: columnsByTable(objects, columns),
    columnLines: columns.map((column) => Object.values(column).join(" ")),
    programs: [...objects.filter((object) => !isTable(object)), ...programs].map(
      ({ kind, name }) => `${kind?.toLowerCase()} ${name}`,
    ),
    foreignKeysAcross: keys.map(({ child, parent }) => `${child} refers to ${parent}`),
  };
}

function structureQueries(database: string): string {
  return `
SELECT schema_name AS name FROM information_schema.schemata WHERE schema_name = ${database};
SELECT table_name AS name, table_type AS kind FROM information_schema.tables
 WHERE table_schema = ${database} ORDER BY table_name;
SELECT table_name AS table_name, column_name AS column_name, column_type AS type, is_nullable AS nullable,
  column_default AS by_default, extra AS extra, collation_name AS collation FROM information_schema.columns
 WHERE table_schema = ${database} ORDER BY table_name, ordinal_position;
SELECT 'trigger' AS kind, trigger_name AS name FROM information_schema.triggers WHERE trigger_schema = ${database}
 UNION ALL
 SELECT routine_type, routine_name FROM information_schema.routines WHERE routine_schema = ${database}
 UNION ALL
 SELECT 'event', event_name FROM information_schema.events WHERE event_schema = ${database};
SELECT CONCAT(table_schema, '.', table_name) AS child,
  CONCAT(referenced_table_schema, '.', referenced_table_name) AS parent FROM information_schema.key_column_usage
 WHERE (table_schema = ${database}) <> (referenced_table_schema = ${database})`;
}

function columnsByTable(objects: readonly Row[], columns: readonly Row[]): Map<string, string[]> {
  const tables = new Map<string, string[]>();
  for (const object of objects) if (isTable(object)) tables.set(object.name ?? "", []);
  for (const { table_name, column_name } of columns) tables.get(table_name ?? "")?.push(column_name ?? "");
  return tables;
}

function isTable({ kind }: Row): boolean {
  return kind === "BASE TABLE";
}
