import { Failure } from "../../contract/errors.ts";
import type { CommandResult, HostReader, HostWriter, RunOptions } from "../../contract/host.ts";
import type { Login, ResultSet, Row } from "../database-copy/database-kind.ts";

export interface StatementOptions {
  readonly database?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Sees whether the server lets its administrator in. Throws Failure when it is down. */
export async function findLogin(host: HostReader, _file?: string, signal?: AbortSignal): Promise<Login> {
  await query(host, ["SELECT 1"], { signal });
  return [];
}

/** Asks each query in one snapshot that can't write, and returns one result set for each. */
export async function query(
  host: HostReader,
  queries: readonly string[],
  options: StatementOptions = {},
): Promise<readonly ResultSet[]> {
  const script = `${steadyWords}BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;\n${queries.map(asRows).join("")}COMMIT;\n`;
  const result = judged(host, await host.probe(clientArgv(options.database), input(script, options)));
  return readRows(result.stdout, queries.length);
}

/** Runs statements that may write, each by itself: only outside of a transaction can databases be made. */
export async function execute(
  host: HostWriter,
  statements: string,
  options: StatementOptions = {},
): Promise<void> {
  const script = `${steadyWords}${statements}\n;\n`;
  judged(host, await host.run(clientArgv(options.database), input(script, options)));
}

/** A shell script's beginning: runs a program of PostgreSQL as the server's administrator, who comes in without a password. */
export const asAdministrator = "cd / && exec runuser -u postgres --";

/** A name between double quotes, whatever it holds. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A string literal. Sound with any setting, since backslashes are doubled in its own form of escapes. */
export function quoteText(text: string): string {
  return `E'${text.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
}

/** Throws Failure for an exit code. The client is told to be terse: it names no values. */
export function judged(host: HostReader, result: CommandResult): CommandResult {
  if (result.exitCode === 0) return result;
  const said = result.stderr.toString("utf8").trim();
  const message = /(?:ERROR|FATAL|error): .*$/m.exec(said)?.[0] ?? said;
  throw new Failure(
    "task-failed",
    `PostgreSQL on ${host.name}: ${message || `exit code ${result.exitCode}`}`,
    {
      host: host.name,
      next: remedies.find(({ pattern }) => pattern.test(said))?.next,
    },
  );
}

const remedies: readonly { readonly pattern: RegExp; readonly next: string }[] = [
  {
    pattern: /could not connect|connection to server .* failed|No such file or directory/,
    next: "Start PostgreSQL on that host, then run this again: systemctl start postgresql",
  },
  { pattern: /user postgres does not exist|not found/, next: "Is PostgreSQL installed there?" },
];

/** Values as texts look alike on every version of the server. */
const steadyWords = `SET client_encoding = 'UTF8';
SET TimeZone = 'UTC';
SET DateStyle = 'ISO, MDY';
SET IntervalStyle = 'postgres';
SET extra_float_digits = 3;
SET bytea_output = 'hex';
`;

const statementTimeoutMs = 3_600_000;

function clientArgv(database = "postgres"): string[] {
  const options = ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=terse"];
  return ["sh", "-c", `${asAdministrator} psql "$@"`, "psql", ...options, `--dbname=${database}`];
}

function input(stdin: string, { signal }: StatementOptions): RunOptions {
  return { stdin, signal, accept: "any", timeoutMs: statementTimeoutMs };
}

/** Every row as JSON, which stands in one line and tells NULL from the text NULL; all values as texts. */
function asRows(query: string): string {
  const bare = query.trim().replace(/;+$/, "");
  return `SELECT (SELECT COALESCE(json_object_agg(key, value), '{}') FROM json_each_text(row_to_json(q))) FROM (
${bare}
) AS q;
\\echo ${endOfQuery}
`;
}

// No row is written like this.
const endOfQuery = "---";

function readRows(output: Buffer, count: number): readonly ResultSet[] {
  const sets: Row[][] = [[]];
  for (const line of output.toString("utf8").split("\n")) {
    if (line === endOfQuery) sets.push([]);
    else if (line !== "") sets.at(-1)?.push(JSON.parse(line) as Row);
  }
  return sets.slice(0, count);
}
