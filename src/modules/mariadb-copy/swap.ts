import type { HostReader, HostWriter } from "../../contract/host.ts";
import { execute, type Login, query, quoteName, quoteText } from "../mariadb/client.ts";
import { readStructure } from "./structure.ts";

/** The database that an import goes into before it is compared. */
export function stagingOf(database: string): string {
  return `${database}_mailferry_staging`;
}

/** Makes an empty staging database; one that a broken run left behind goes. */
export async function makeStaging(host: HostWriter, login: Login, database: string): Promise<void> {
  await execute(host, login, remake(stagingOf(database)));
}

/** Removes the staging database and the tables that were swapped out, if they are there. */
export async function dropOurDatabases(host: HostWriter, login: Login, database: string): Promise<void> {
  const ours = [stagingOf(database), previousOf(database)];
  await execute(host, login, ours.map((name) => `DROP DATABASE IF EXISTS ${quoteName(name)}`).join(";\n"));
}

/** The names of databases that a broken run left behind. */
export async function findOurDatabases(
  host: HostReader,
  login: Login,
  database: string,
  signal: AbortSignal,
): Promise<string[]> {
  const ours = [stagingOf(database), previousOf(database)].map(quoteText).join(", ");
  const asked = `SELECT schema_name AS name FROM information_schema.schemata WHERE schema_name IN (${ours})`;
  const [found = []] = await query(host, login, asked, { signal });
  return found.map(({ name }) => `database ${name}`);
}

/**
 * Puts the staging tables in the place of the database's own, in one statement that the server does whole or not at
 * all; foreign keys follow their tables. The database is made when it is absent; `dropOurDatabases` drops the tables it had.
 */
export async function swapTables(
  host: HostWriter,
  login: Login,
  database: string,
  signal: AbortSignal,
): Promise<void> {
  const previous = previousOf(database);
  const [now, staged] = await Promise.all([
    readStructure(host, login, database, signal),
    readStructure(host, login, stagingOf(database), signal),
  ]);
  const renames = [
    ...[...now.tables.keys()].map((table) => rename(table, database, previous)),
    ...[...staged.tables.keys()].map((table) => rename(table, stagingOf(database), database)),
  ];
  await execute(
    host,
    login,
    `SET SESSION lock_wait_timeout = 60;
CREATE DATABASE IF NOT EXISTS ${quoteName(database)} CHARACTER SET utf8mb4;
${remake(previous)};
RENAME TABLE ${renames.join(",\n  ")}`,
  );
}

function previousOf(database: string): string {
  return `${database}_mailferry_previous`;
}

function remake(database: string): string {
  return `DROP DATABASE IF EXISTS ${quoteName(database)};\nCREATE DATABASE ${quoteName(database)} CHARACTER SET utf8mb4`;
}

function rename(table: string, from: string, to: string): string {
  return `${quoteName(from)}.${quoteName(table)} TO ${quoteName(to)}.${quoteName(table)}`;
}
