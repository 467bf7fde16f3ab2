import { randomBytes } from "node:crypto";
import { Failure } from "../../contract/errors.ts";
import type { CommandResult, HostReader, HostWriter, RunOptions } from "../../contract/host.ts";
import type { ResultSet } from "../database-copy/database-kind.ts";
import { readTables } from "./result-tables.ts";

/** Asks a database file, in a session that can't write. One result set for each query that has rows. */
export async function query(
  host: HostReader,
  file: string,
  statements: string,
  signal?: AbortSignal,
): Promise<readonly ResultSet[]> {
  // HTML is the one format of all versions that tells where a value ends, whatever it holds.
  // The client keeps no more than 19 characters of what stands for NULL.
  const nothing = randomBytes(8).toString("hex");
  const script = `${readOnly}.headers on\n.mode html\n.nullvalue ${nothing}\n${statements}\n;\n`;
  return readTables((await ask(host, file, script, signal)).stdout, nothing);
}

/** What the client prints for a script that only looks. The script begins in list mode, without headers. */
export async function ask(
  host: HostReader,
  file: string,
  script: string,
  signal?: AbortSignal,
): Promise<CommandResult> {
  return judged(host, file, await host.probe(clientArgv(file), input(readOnly + script, signal)));
}

/** Runs statements that may write. */
export async function execute(
  host: HostWriter,
  file: string,
  statements: string,
  signal?: AbortSignal,
): Promise<void> {
  judged(host, file, await host.run(clientArgv(file), input(`${patient}${statements}\n;\n`, signal)));
}

/** A file as the client opens it: never made when it is not there. Opened for writing, which a log of changes wants. */
export function openName(file: string): string {
  return `file:${file.replaceAll(/[^A-Za-z0-9_./~-]+/g, (odd) => encodeURIComponent(odd))}?mode=rw`;
}

/** Options that hold against whatever root's own settings say. */
export const steadyOptions: readonly string[] = ["-batch", "-bail", "-init", "/dev/null"];

/** Whoever holds the file is waited for. */
export const patient = ".timeout 60000\n";

/** A name between double quotes, whatever it holds. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Throws Failure for an exit code or a word on stderr. What was wrong with a statement may hold its values: its first line is told. */
export function judged(host: HostReader, file: string, result: CommandResult): CommandResult {
  const [said = ""] = result.stderr.toString("utf8").trim().split("\n");
  if (result.exitCode === 0 && said === "") return result;
  const isMissing = result.exitCode === 127;
  throw new Failure(
    "task-failed",
    `SQLite on ${host.name}, ${file}: ${said || `exit code ${result.exitCode}`}`,
    {
      host: host.name,
      next: isMissing ? "Install it there: apt-get install sqlite3" : undefined,
    },
  );
}

const readOnly = `${patient}PRAGMA query_only = 1;\n`;
const statementTimeoutMs = 3_600_000;

function clientArgv(file: string): string[] {
  return ["sh", "-c", 'exec sqlite3 "$@"', "sqlite", ...steadyOptions, openName(file)];
}

function input(stdin: string, signal: AbortSignal | undefined): RunOptions {
  return { stdin, signal, accept: "any", timeoutMs: statementTimeoutMs };
}
