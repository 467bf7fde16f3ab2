import { Failure } from "../../contract/errors.ts";
import type { HostReader, HostWriter } from "../../contract/host.ts";
import { type ExaminedFile, examineFile } from "../carry-file.ts";
import type { DatabaseAt, DatabaseKind } from "../database-copy/database-kind.ts";
import {
  ask,
  execute,
  judged,
  openName,
  patient,
  query,
  quoteName,
  steadyOptions,
} from "../sqlite/client.ts";
import { readStructure, tableNames } from "./structure.ts";
import { takeFingerprint } from "./sums.ts";

/** SQLite: a database is a file, and the dump of it the staging database itself. */
export const sqlite: DatabaseKind = {
  name: "sqlite",
  async findLogin() {
    return [];
  },
  readStructure,
  takeFingerprint,
  async query({ host, name }, statements, signal) {
    return (await query(host, name, statements, signal)).at(-1) ?? [];
  },
  execute: ({ host, name }, statements, signal) => execute(host, name, statements, signal),
  writeDump,
  async fillStaging(at, dumpPath, signal) {
    await refuseUnsound(at.host, dumpPath, signal);
    return { ...at, name: dumpPath };
  },
  swap,
  async findLeftOver() {
    return [];
  },
  async dropLeftOver() {},
};

/** Copies the file as SQLite itself does it: what is written meanwhile is in it whole or not at all. */
async function writeDump(
  { host, name }: DatabaseAt<HostWriter>,
  skipRowsOf: readonly string[],
  path: string,
): Promise<ExaminedFile> {
  const argv = ["sh", "-c", backupScript, path, ...steadyOptions, openName(name)];
  judged(host, name, await host.runJob({ name: "sqlite-backup", argv, accept: "any" }));
  // An older release of a program has fewer of the tables that are named.
  const there = skipRowsOf.length === 0 ? [] : await tableNames(host, path);
  const skipped = skipRowsOf
    .filter((table) => there.includes(table))
    .map((table) => `DELETE FROM ${quoteName(table)}`);
  if (skipped.length > 0) await execute(host, path, skipped.join(";\n"));
  await refuseUnsound(host, path);
  return examineFile(host, path);
}

// A name without blanks or quotes, whatever the directory is called.
const backupScript = `umask 077
rm -f -- "$0" "$0-journal" "$0-wal" "$0-shm"
cd -- "\${0%/*}" || exit
printf '%s\\n' '${patient.trim()}' ".backup \${0##*/}" | sqlite3 "$@"`;

async function refuseUnsound(host: HostReader, file: string, signal?: AbortSignal): Promise<void> {
  const { stdout } = await ask(host, file, "PRAGMA integrity_check;\n", signal);
  const said = stdout.toString("utf8").trim();
  if (said === "ok") return;
  throw new Failure(
    "proof-failed",
    `the copy of the database on ${host.name} is damaged: ${said.split("\n")[0]}`,
    {
      host: host.name,
      next: "Look at the database there with PRAGMA integrity_check. Nothing was put in place.",
    },
  );
}

/**
 * Writes the staging file over the content of the other, in one transaction of SQLite's own. A rename would leave
 * Postfix and Dovecot, which keep the file open, with the old one; its owner and mode stay, too.
 */
async function swap(
  { host, name }: DatabaseAt<HostWriter>,
  staging: DatabaseAt,
  signal: AbortSignal,
): Promise<void> {
  const slash = staging.name.lastIndexOf("/");
  const options = {
    directory: staging.name.slice(0, slash),
    stdin: `${patient}.restore ${staging.name.slice(slash + 1)}\n`,
    accept: "any" as const,
    signal,
  };
  judged(host, name, await host.run(["sqlite3", ...steadyOptions, openName(name)], options));
}
