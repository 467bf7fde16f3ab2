import type { HostWriter } from "../../contract/host.ts";
import type { DatabaseAt } from "../database-copy/database-kind.ts";
import { execute, query, quoteName, quoteText } from "../mariadb/client.ts";
import { readStructure } from "./structure.ts";

/** Makes an empty database that an import goes into before it is compared; one that a broken run left behind goes. */
export async function makeStaging(at: DatabaseAt<HostWriter>): Promise<DatabaseAt<HostWriter>> {
  const name = stagingOf(at.name);
  await execute(at.host, at.login, remake(name));
  return { ...at, name };
}

/** Removes the staging database and the tables that were swapped out, if they are there. */
export async function dropOurDatabases({ host, login, name }: DatabaseAt<HostWriter>): Promise<void> {
  const ours = [stagingOf(name), previousOf(name)];
  await execute(host, login, ours.map((one) => `DROP DATABASE IF EXISTS ${quoteName(one)}`).join(";\n"));
}

/** The names of databases that a broken run left behind. */
export async function findOurDatabases(
  { host, login, name }: DatabaseAt,
  signal: AbortSignal,
): Promise<string[]> {
  const ours = [stagingOf(name), previousOf(name)].map(quoteText).join(", ");
  const asked = `SELECT schema_name AS name FROM information_schema.schemata WHERE schema_name IN (${ours})`;
  const [found = []] = await query(host, login, asked, { signal });
  return found.map((one) => `database ${one.name}`);
}

/**
 * Puts the staging tables in the place of the database's own, in one statement that the server does whole or not at
 * all; foreign keys follow their tables. The database is made when it is absent; `dropOurDatabases` drops the tables it had.
 */
export async function swapTables(
  at: DatabaseAt<HostWriter>,
  staging: DatabaseAt,
  signal: AbortSignal,
): Promise<void> {
  const { host, login, name: database } = at;
  const previous = previousOf(database);
  const [now, staged] = await Promise.all([readStructure(at, signal), readStructure(staging, signal)]);
  const renames = [
    ...[...now.tables.keys()].map((table) => rename(table, database, previous)),
    ...[...staged.tables.keys()].map((table) => rename(table, staging.name, database)),
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

function stagingOf(database: string): string {
  return `${database}_mailferry_staging`;
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
