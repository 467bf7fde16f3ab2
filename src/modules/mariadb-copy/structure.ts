import type { DatabaseAt, Row, Structure, Unfit } from "../database-copy/database-kind.ts";
import { query, quoteText } from "../mariadb/client.ts";

/** Reads the structure from information_schema. */
export async function readStructure(
  { host, login, name }: DatabaseAt,
  signal: AbortSignal,
): Promise<Structure> {
  const results = await query(host, login, structureQueries(quoteText(name)), { signal });
  const [schemas = [], objects = [], columns = [], programs = [], keys = []] = results;
  const all = [...objects.filter((object) => !isTable(object)), ...programs];
  return {
    exists: schemas.length > 0,
    tables: columnsByTable(objects, columns),
    columnLines: columns.map((column) => Object.values(column).join(" ")),
    unfit: [
      ...unfitPrograms(
        `${name} on ${host.name}`,
        all.map((program) => `${program.kind?.toLowerCase()} ${program.name}`),
      ),
      ...unfitKeys(keys),
    ],
  };
}

/** Views, sequences, triggers, routines and events, as "view name". */
function unfitPrograms(database: string, programs: readonly string[]): Unfit[] {
  const triggers = programs.filter((program) => program.startsWith("trigger "));
  const found: Unfit[] = [];
  if (programs.length > 0) {
    const next =
      "Mailferry copies tables. Save these with SHOW CREATE, drop them on a copy or move them by hand.";
    found.push({
      on: "old",
      what: `database ${database} holds more than tables: ${programs.join(", ")}`,
      next,
    });
  }
  if (triggers.length > 0) {
    const next =
      "Tables with triggers can't be swapped. Drop the triggers, and make them again after the copy.";
    found.push({ on: "new", what: `database ${database} has triggers: ${triggers.join(", ")}`, next });
  }
  return found;
}

function unfitKeys(keys: readonly Row[]): Unfit[] {
  if (keys.length === 0) return [];
  const across = keys.map(({ child, parent }) => `${child} refers to ${parent}`);
  const what = `foreign keys lead from one database to another: ${across.join(", ")}`;
  const next = "Drop these foreign keys; a copy of one database alone would break them.";
  return [{ on: "both", what, next }];
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
