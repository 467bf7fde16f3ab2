import type { HostReader } from "../../contract/host.ts";
import type { DatabaseAt, Structure } from "../database-copy/database-kind.ts";
import { query, quoteName } from "../sqlite/client.ts";

/** Reads the structure from the file's own table of it. Indexes, views and triggers are part of a copy of the file. */
export async function readStructure({ host, name }: DatabaseAt, signal: AbortSignal): Promise<Structure> {
  const found = await host.probe(["test", "-f", name], { accept: [0, 1] });
  if (found.exitCode !== 0)
    return { exists: false, tables: new Map(), columnLines: [], unfit: [absent(name)] };
  const names = await tableNames(host, name, signal);
  // Each of them has columns, so that none of the results is left out.
  const asked = names.map((table) => `PRAGMA table_info(${quoteName(table)})`);
  const columns = asked.length === 0 ? [] : await query(host, name, asked.join(";\n"), signal);
  return {
    exists: true,
    tables: new Map(
      names.map((table, index) => [table, (columns[index] ?? []).map((one) => one.name ?? "")]),
    ),
    columnLines: names.flatMap((table, index) =>
      (columns[index] ?? []).map((column) => `${table} ${Object.values(column).join(" ")}`),
    ),
    unfit: [],
  };
}

/** The names of a file's tables, sorted. */
export async function tableNames(host: HostReader, file: string, signal?: AbortSignal): Promise<string[]> {
  const [objects = []] = await query(host, file, tablesQuery, signal);
  return objects.map((object) => object.name ?? "");
}

const tablesQuery = `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name`;

/** Its owner and mode decide who can read it, and only new's own set-up knows them. */
function absent(file: string) {
  return {
    on: "new" as const,
    what: `there is no ${file} on new`,
    next: "Make it, empty, for those who read it there: install -o OWNER -g GROUP -m 0640 /dev/null FILE",
  };
}
