import type { HostWriter } from "../../contract/host.ts";
import type { DatabaseAt } from "../database-copy/database-kind.ts";
import { execute, query, quoteName, quoteText } from "../postgresql/client.ts";
import { takeOverRights } from "./rights.ts";

/** Makes an empty database that an import goes into before it is compared; one that a broken run left behind goes. */
export async function makeStaging(
  at: DatabaseAt<HostWriter>,
  encoding: string,
): Promise<DatabaseAt<HostWriter>> {
  const name = stagingOf(at.name);
  const made = `CREATE DATABASE ${quoteName(name)} TEMPLATE template0 ENCODING ${quoteText(encoding)}`;
  await execute(at.host, `${drop(name)};\n${made}`);
  return { ...at, name };
}

/** Removes the staging database and the one that was swapped out, if they are there. */
export async function dropOurDatabases({ host, name }: DatabaseAt<HostWriter>): Promise<void> {
  await execute(host, [stagingOf(name), previousOf(name)].map(drop).join(";\n"));
}

/** The names of databases that a broken run left behind. */
export async function findOurDatabases({ host, name }: DatabaseAt, signal: AbortSignal): Promise<string[]> {
  const ours = [stagingOf(name), previousOf(name)].map(quoteText).join(", ");
  const asked = `SELECT datname AS name FROM pg_database WHERE datname IN (${ours}) ORDER BY datname`;
  const [found = []] = await query(host, [asked], { signal });
  return found.map((one) => `database ${one.name}`);
}

/**
 * Gives the staging database the name of the other, both names in one transaction. Who is connected is sent away and comes
 * back to the new one: nobody can connect while the catalogue of databases is locked. `dropOurDatabases` drops the other.
 */
export async function swapDatabases(
  at: DatabaseAt<HostWriter>,
  staging: DatabaseAt<HostWriter>,
  signal: AbortSignal,
): Promise<void> {
  await takeOverRights(at, staging, signal);
  const previous = previousOf(at.name);
  await execute(
    at.host,
    `${drop(previous)};
BEGIN;
SET LOCAL lock_timeout = '60s';
LOCK TABLE pg_catalog.pg_database IN ACCESS EXCLUSIVE MODE;
DO $mailferry$ BEGIN PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
 WHERE datname IN (${quoteText(at.name)}, ${quoteText(staging.name)}); END $mailferry$;
ALTER DATABASE ${quoteName(at.name)} RENAME TO ${quoteName(previous)};
ALTER DATABASE ${quoteName(staging.name)} RENAME TO ${quoteName(at.name)};
COMMIT`,
    { signal },
  );
}

function stagingOf(database: string): string {
  return `${database}_mailferry_staging`;
}

function previousOf(database: string): string {
  return `${database}_mailferry_previous`;
}

function drop(database: string): string {
  return `DROP DATABASE IF EXISTS ${quoteName(database)}`;
}
