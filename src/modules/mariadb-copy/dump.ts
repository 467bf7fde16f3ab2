import { CommandFailed, Failure } from "../../contract/errors.ts";
import type { HostReader, HostWriter } from "../../contract/host.ts";
import { type ExaminedFile, examineFile } from "../carry-file.ts";
import type { DatabaseAt } from "../database-copy/database-kind.ts";
import { findProgramScript } from "../find-program.ts";
import { clientNames, steadyOptions } from "../mariadb/client.ts";

/** Dumps the database into a file that only root can read. Throws Failure unless the dump ran to its very end. */
export async function writeDump(
  { host, login, name: database }: DatabaseAt<HostWriter>,
  skipRowsOf: readonly string[],
  path: string,
): Promise<ExaminedFile> {
  const skipped = skipRowsOf.map((table) => `--ignore-table-data=${database}.${table}`);
  const options = [...login, ...dumpOptions, ...skipped, database];
  const argv = ["sh", "-c", dumpScript, path, ...options];
  const { exitCode, stderr } = await host.runJob({ name: "mariadb-dump", argv, accept: "any" });
  if (exitCode !== 0) {
    const said = stderr.toString("utf8").trim();
    throw dumpFailed(host, database, `ended with exit code ${exitCode}${said === "" ? "" : `: ${said}`}`);
  }
  const { stdout } = await host.probe(["tail", "-c", "200", "--", path]);
  if (!stdout.toString("utf8").includes("-- Dump completed")) {
    throw dumpFailed(host, database, "is cut short");
  }
  return examineFile(host, path);
}

function dumpFailed(host: HostReader, database: string, what: string): Failure {
  return new Failure("task-failed", `the dump of ${database} on ${host.name} ${what}`, {
    host: host.name,
    next: "Look for a full disk or little memory there, then run the stage again. Nothing was put in place.",
  });
}

/** Feeds a dump into a database. The first line is skipped: only newer clients understand the sandbox mode it asks for. */
export async function importDump({ host, login, name }: DatabaseAt<HostWriter>, path: string): Promise<void> {
  const options = [...login, "--batch", ...steadyOptions, "--max-allowed-packet=1G", `--database=${name}`];
  try {
    await host.runJob({ name: "mariadb-import", argv: ["sh", "-c", importScript, path, ...options] });
  } catch (error) {
    if (error instanceof CommandFailed) throw importFailed(host, error);
    throw error;
  }
}

// Triggers, routines and events need no options: a database that has them was refused.
const dumpOptions: readonly string[] = [
  "--single-transaction",
  "--hex-blob",
  "--default-character-set=utf8mb4",
  "--skip-force",
  "--comments",
  "--skip-dump-date",
  "--no-tablespaces",
  "--max-allowed-packet=1G",
];

const dumpScript = `${findProgramScript("mariadb-dump", "mysqldump")}
umask 077
exec "$program" "$@" >"$0"`;

const importScript = `${findProgramScript(...clientNames)}
exec <"$0"
IFS= read -r first
case $first in
"/*M!999999"*|"--"*) ;;
*) echo "the dump does not begin with a comment" >&2; exit 65 ;;
esac
exec "$program" "$@"`;

/** The server quotes the statement it chokes on, and with it perhaps a password: only what stands before it is told. */
function importFailed(host: HostReader, error: CommandFailed): Failure {
  const said = /ERROR.*/.exec(error.stderr)?.[0] || error.stderr || `exit code ${error.exitCode}`;
  const message = `the dump can't be imported on ${host.name}: ${said.replace(/ near '.*/s, "")}`;
  return new Failure("task-failed", message, { host: host.name });
}
