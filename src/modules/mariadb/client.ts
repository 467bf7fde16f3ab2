import { Failure } from "../../contract/errors.ts";
import type { CommandResult, HostReader, HostWriter, RunOptions } from "../../contract/host.ts";
import type { Login, ResultSet } from "../database-copy/database-kind.ts";
import { findProgramScript } from "../find-program.ts";
import { readResultSets } from "./result-sets.ts";

export interface StatementOptions {
  readonly database?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Finds out how root gets in: by an option file when one is named, else by the login user's own rights, else by
 * Debian's maintenance account. Throws Failure when the server is down or lets nobody in.
 */
export async function findLogin(
  host: HostReader,
  defaultsFile?: string,
  signal?: AbortSignal,
): Promise<Login> {
  if (defaultsFile !== undefined) return optionFile(defaultsFile);
  const result = await host.probe(clientArgv([]), { stdin: "SELECT 1;", accept: "any", signal });
  if (result.exitCode === 0) return [];
  const denied = /^ERROR (1045|1698) /m.test(result.stderr.toString("utf8"));
  if (denied && (await host.stat(debianOptionFile)) !== undefined) return optionFile(debianOptionFile);
  throw clientFailure(host, result);
}

/** Asks, in a transaction that can't write (MySQL before 5.6.5 has none), and returns one result set per SELECT. */
export async function query(
  host: HostReader,
  login: Login,
  statements: string,
  options: StatementOptions = {},
): Promise<readonly ResultSet[]> {
  const stdin = `/*!50605 SET SESSION TRANSACTION READ ONLY */;\n${asScript(statements)}`;
  const result = await host.probe(clientArgv(login, options.database), clientInput(stdin, options));
  return judged(host, result);
}

/** Runs statements that may write, and returns one result set per SELECT. */
export async function execute(
  host: HostWriter,
  login: Login,
  statements: string,
  options: StatementOptions = {},
): Promise<readonly ResultSet[]> {
  const stdin = asScript(statements);
  const result = await host.run(clientArgv(login, options.database), clientInput(stdin, options));
  return judged(host, result);
}

/** The client's names, the newer one first. */
export const clientNames: readonly string[] = ["mariadb", "mysql"];

/** A name between backticks, whatever it holds. */
export function quoteName(name: string): string {
  return `\`${name.replaceAll("`", "``")}\``;
}

/** A string literal. Sound with any sql_mode, since backslashes never stand in it. */
export function quoteText(text: string): string {
  return `CONVERT(X'${Buffer.from(text, "utf8").toString("hex")}' USING utf8mb4)`;
}

/** Options that hold against whatever an option file of root says. */
export const steadyOptions: readonly string[] = [
  "--default-character-set=utf8mb4",
  // MySQL 5.5 does not know it.
  "--loose-binary-mode",
  "--skip-force",
  "--skip-safe-updates",
  "--skip-reconnect",
];

const statementTimeoutMs = 3_600_000;
const debianOptionFile = "/etc/mysql/debian.cnf";

function optionFile(path: string): Login {
  return [`--defaults-file=${path}`];
}

function clientArgv(login: Login, database?: string): string[] {
  const options = [...login, "--batch", "--xml", ...steadyOptions];
  if (database !== undefined) options.push(`--database=${database}`);
  return ["sh", "-c", `${findProgramScript(...clientNames)}\nexec "$program" "$@"`, "mariadb", ...options];
}

/** A comment at the end of what a person wrote must not swallow what follows. */
function asScript(statements: string): string {
  return `${statements}\n;\n`;
}

function clientInput(stdin: string, { signal }: StatementOptions): RunOptions {
  return { stdin, signal, accept: "any", timeoutMs: statementTimeoutMs };
}

function judged(host: HostReader, result: CommandResult): readonly ResultSet[] {
  if (result.exitCode !== 0) throw clientFailure(host, result);
  return readResultSets(result.stdout);
}

/** The client echoes the failing statement between dashes: what it says after that is enough. */
function clientFailure(host: HostReader, { exitCode, stderr }: CommandResult): Failure {
  const said = stderr.toString("utf8").trim();
  const message = /^ERROR \d+.*$/ms.exec(said)?.[0] ?? said;
  const code = /^ERROR (\d+)/.exec(message)?.[1] ?? "";
  return new Failure("task-failed", `MariaDB on ${host.name}: ${message || `exit code ${exitCode}`}`, {
    host: host.name,
    next: Object.hasOwn(remedies, code) ? remedies[code] : undefined,
  });
}

const remedies: Readonly<Record<string, string>> = {
  "1045": "Name an option file with a user that may do this: `defaults_file: /root/.my.cnf`.",
  "1698": "Log in as root (or use become), or name an option file: `defaults_file: /root/.my.cnf`.",
  "2002": "Start MariaDB on that host, then run this again: systemctl start mariadb",
};
