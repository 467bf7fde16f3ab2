import { Failure } from "../../contract/errors.ts";
import type { HostReader, HostWriter } from "../../contract/host.ts";
import { type ExaminedFile, examineFile } from "../carry-file.ts";
import type { DatabaseAt } from "../database-copy/database-kind.ts";
import { asAdministrator, judged, quoteName } from "../postgresql/client.ts";

/** Dumps the database into a file that only root can read. Throws Failure unless the dump can be read to its very end. */
export async function writeDump(
  { host, name }: DatabaseAt<HostWriter>,
  skipRowsOf: readonly string[],
  path: string,
): Promise<ExaminedFile> {
  const skipped = skipRowsOf.map((table) => `--exclude-table-data=${quoteName(table)}`);
  const options = ["--format=custom", "--no-password", ...skipped, name];
  const argv = ["sh", "-c", dumpScript, path, ...options];
  const dumped = await host.runJob({ name: "postgresql-dump", argv, accept: "any" });
  if (dumped.exitCode !== 0) throw dumpFailed(host, name, dumped.stderr.toString("utf8").trim());
  const read = await host.probe(["pg_restore", "--file=/dev/null", path], {
    accept: "any",
    timeoutMs: readTimeoutMs,
  });
  if (read.exitCode !== 0) throw dumpFailed(host, name, "it is cut short");
  return examineFile(host, path);
}

function dumpFailed(host: HostReader, database: string, said: string): Failure {
  return new Failure("task-failed", `the dump of ${database} on ${host.name} failed: ${said}`, {
    host: host.name,
    next: "Look for a full disk or little memory there, then run the stage again. Nothing was put in place.",
  });
}

/** The encoding of the database that was dumped. */
export async function encodingOf(host: HostReader, path: string, signal: AbortSignal): Promise<string> {
  const { stdout } = await host.probe(["sh", "-c", encodingScript, path], {
    signal,
    timeoutMs: readTimeoutMs,
  });
  return stdout.toString("utf8").trim() || "UTF8";
}

/** Feeds a dump into a database. Owners and rights of old are left out: the swap takes them over from new's own tables. */
export async function importDump({ host, name }: DatabaseAt<HostWriter>, path: string): Promise<void> {
  const options = [
    "--no-password",
    "--exit-on-error",
    "--single-transaction",
    "--no-owner",
    "--no-privileges",
  ];
  const argv = ["sh", "-c", importScript, path, ...options, `--dbname=${name}`];
  judged(host, await host.runJob({ name: "postgresql-import", argv, accept: "any" }));
}

const readTimeoutMs = 3_600_000;

// root's shell opens the files; the administrator of the server could not.
const dumpScript = `umask 077
exec >"$0"
${asAdministrator} pg_dump "$@"`;

const importScript = `exec <"$0"
${asAdministrator} pg_restore "$@"`;

const encodingScript = `pg_restore --schema-only --file=/dev/stdout "$0" | sed -n "s/^SET client_encoding = '\\(.*\\)';$/\\1/p"`;
