import { Failure } from "../../contract/errors.ts";
import type { CommandResult, HostReader, HostWriter, RunOptions } from "../../contract/host.ts";
import { findProgramScript } from "../find-program.ts";

/** How to reach one Redis on its host. */
export interface RedisAddress {
  readonly port?: number | undefined;
  readonly socket?: string | undefined;
  /** A relative socket is looked for here. */
  readonly directory?: string | undefined;
  readonly password?: string | undefined;
}

/** Asks a command that changes nothing, and returns the raw reply. Throws Failure for an error reply. */
export async function ask(
  host: HostReader,
  redis: RedisAddress,
  command: readonly string[],
  options: { readonly database?: number; readonly signal?: AbortSignal } = {},
): Promise<string> {
  const lines = [...(options.database === undefined ? [] : [["SELECT", String(options.database)]]), command];
  const { argv, run } = clientCall(redis, lines, options.signal);
  return replyOf(host, await host.probe(argv, run), lines.length + authLines(redis).length);
}

/** Gives a command that changes something. Errors as `ask`. */
export async function tell(
  host: HostWriter,
  redis: RedisAddress,
  command: readonly string[],
  signal?: AbortSignal,
): Promise<string> {
  const { argv, run } = clientCall(redis, [command], signal);
  return replyOf(host, await host.run(argv, run), 1 + authLines(redis).length);
}

/** The password that a configuration file sets, if any. */
export async function readPassword(host: HostReader, configFile: string): Promise<string | undefined> {
  const text = await host.readText(configFile);
  const value = /^[ \t]*requirepass[ \t]+(.+?)[ \t]*$/im.exec(text ?? "")?.[1];
  return value === undefined ? undefined : unquoted(value);
}

/** Everything, the password too, goes in through standard input: argv is for all to see. */
function clientCall(
  redis: RedisAddress,
  commands: readonly (readonly string[])[],
  signal: AbortSignal | undefined,
): { argv: string[]; run: RunOptions } {
  const where = redis.socket === undefined ? ["-p", String(redis.port ?? 6379)] : ["-s", redis.socket];
  const script = `${findProgramScript("redis-cli", "valkey-cli")}\nexec "$program" "$@"`;
  const lines = [...authLines(redis), ...commands].map((words) => words.map(quoted).join(" "));
  const stdin = `${lines.join("\n")}\n`;
  const run = { stdin, directory: redis.directory, accept: "any" as const, signal, timeoutMs: 600_000 };
  return { argv: ["sh", "-c", script, "redis-cli", ...where], run };
}

function authLines({ password }: RedisAddress): string[][] {
  return password === undefined ? [] : [["AUTH", password]];
}

/** As redis-cli reads words: in double quotes, with escapes for everything that is not plain. */
function quoted(word: string): string {
  const bytes = [...Buffer.from(word, "utf8")];
  const plain = (byte: number) => byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c;
  const escaped = (byte: number) => `\\x${byte.toString(16).padStart(2, "0")}`;
  return `"${bytes.map((byte) => (plain(byte) ? String.fromCharCode(byte) : escaped(byte))).join("")}"`;
}

function unquoted(value: string): string {
  if (value.startsWith("'")) return value.slice(1, -1).replaceAll("\\'", "'");
  if (!value.startsWith('"')) return value;
  const escapes = /\\x([0-9a-fA-F]{2})|\\(.)/g;
  const named: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", b: "\b", a: "\x07" };
  const bytes = Buffer.from(value.slice(1, -1), "utf8").toString("latin1");
  const plain = bytes.replaceAll(escapes, (_all, hex?: string, letter = "") =>
    hex === undefined ? (named[letter] ?? letter) : String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(plain, "latin1").toString("utf8");
}

/** The last of several replies; those before it are "OK", a line each. */
function replyOf(host: HostReader, result: CommandResult, commands: number): string {
  const output = result.stdout.toString("utf8");
  const said = `${result.stderr.toString("utf8")}${output}`.trim();
  if (result.exitCode !== 0 || /^Could not connect to/m.test(said)) throw noAnswer(host, said);
  let rest = output;
  for (let before = 1; before < commands; before++) {
    if (!rest.startsWith("OK\n")) throw errorReply(host, rest);
    rest = rest.slice("OK\n".length);
  }
  if (errorStart.test(rest)) throw errorReply(host, rest);
  return rest.replace(/\n$/, "");
}

// Error replies begin with a word in capitals; no command that is asked here answers so otherwise.
const errorStart =
  /^(ERR|NOAUTH|NOPERM|WRONGPASS|MISCONF|LOADING|BUSY|NOSCRIPT|READONLY|OOM|DENIED|MASTERDOWN|WRONGTYPE) /;

function noAnswer(host: HostReader, said: string): Failure {
  return new Failure("task-failed", `Redis on ${host.name} does not answer: ${said.split("\n")[0]}`, {
    host: host.name,
    next: "Start it (systemctl start redis-server), or name its `port` or `socket`.",
  });
}

function errorReply(host: HostReader, reply: string): Failure {
  const line = reply.split("\n")[0] ?? "";
  const isAccess = /^(NOAUTH|WRONGPASS|NOPERM|ERR (invalid|AUTH))/.test(line);
  return new Failure("task-failed", `Redis on ${host.name}: ${line}`, {
    host: host.name,
    next: isAccess ? "Name the file that holds its `requirepass` in `config_file`." : undefined,
  });
}
