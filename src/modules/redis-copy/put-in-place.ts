import { Failure } from "../../contract/errors.ts";
import type { HostWriter } from "../../contract/host.ts";
import { ask } from "./client.ts";
import type { Digests } from "./digest.ts";
import type { RedisServer } from "./server.ts";
import { untilLoaded } from "./staging.ts";

/**
 * Stops new's Redis (which writes its own data as it stops), puts the dump in the place of that data, and starts it.
 * One job, so that a lost link never leaves it stopped. What was there comes back when the server doesn't take the dump.
 */
export async function putInPlace(
  host: HostWriter,
  server: RedisServer,
  service: string,
  dump: string,
  staged: Digests,
  signal: AbortSignal,
): Promise<void> {
  try {
    await host.runJob({ name: "redis-put", argv: scriptArgv(putScript, server, service, dump) });
    await untilLoaded(host, server.address, signal, async (said) => notTaken(host, said));
    await expectKeys(host, server, staged, signal);
  } catch (error) {
    if (!(error instanceof Failure) || error.kind !== "task-failed") throw error;
    throw await restored(host, server, service, error);
  }
  await forgetFormerData(host, server);
}

/** Gives new its former data back; the failure to tell says whether that worked. */
async function restored(
  host: HostWriter,
  server: RedisServer,
  service: string,
  failure: Failure,
): Promise<Failure> {
  try {
    await host.runJob({ name: "redis-restore", argv: scriptArgv(restoreScript, server, service) });
    return failure;
  } catch (cause) {
    const message = `${failure.message}; and its former data could not be put back`;
    const next = `Put ${formerDataPath(server)} back by hand and start ${service}.`;
    return new Failure("task-failed", message, { host: host.name, next, cause });
  }
}

/** Removes the data that a copy has replaced. */
export async function forgetFormerData(host: HostWriter, server: RedisServer): Promise<void> {
  await host.run(scriptArgv(forgetScript, server));
}

/** Where data lies that a copy has put aside. */
export function formerDataPath({ dataDirectory, dumpFile, appendFile }: RedisServer): string {
  return `${dataDirectory}/${appendFile ?? dumpFile}.before-mailferry`;
}

function scriptArgv(body: string, server: RedisServer, service = "", dump = ""): string[] {
  const { dataDirectory, dumpFile, appendFile = "", appendDirectory = "" } = server;
  const words = [service, dataDirectory, dumpFile, appendFile, appendDirectory, dump];
  return ["sh", "-c", `${commonScript}\n${body}`, "redis", ...words];
}

/** Rspamd may have added keys by now. Fewer than the dump's lasting ones mean that the server took something else. */
async function expectKeys(
  host: HostWriter,
  { address }: RedisServer,
  staged: Digests,
  signal: AbortSignal,
): Promise<void> {
  const keyspace = await ask(host, address, ["INFO", "keyspace"], { signal });
  const found = new Map(
    [...keyspace.matchAll(/^(db\d+):keys=(\d+)/gm)].map(([, name, keys]) => [name, Number(keys)]),
  );
  for (const [name, { keys }] of Object.entries(staged)) {
    const there = found.get(name) ?? 0;
    if (there < keys) throw notTaken(host, `${name} holds ${there} keys, not ${keys}`);
  }
}

function notTaken(host: HostWriter, said: string): Failure {
  return new Failure("task-failed", `Redis on ${host.name} did not take the copy: ${said}`, {
    host: host.name,
    next: "It runs on its former data again. Look into its log: journalctl -u redis-server",
  });
}

// With an append-only file the dump takes its name: every Redis since 4 reads a dump at the head of such a file.
const commonScript = `set -eu
service=$1 data=$2 dump=$3 append=$4 append_directory=$5 copy=$6
target=\${append:-$dump}
aside() { [ -e "$data/$1" ] || return 0; rm -rf -- "$data/$1.before-mailferry"; mv -- "$data/$1" "$data/$1.before-mailferry"; }
back() { [ -e "$data/$1.before-mailferry" ] || return 0; rm -rf -- "\${data:?}/$1"; mv -- "$data/$1.before-mailferry" "$data/$1"; }
each() { "$1" "$target"; [ -z "$append_directory" ] || "$1" "$append_directory"; }`;

const putScript = `systemctl stop -- "$service"
each aside
install -o "$(stat -c %U -- "$data")" -g "$(stat -c %G -- "$data")" -m 0660 -- "$copy" "$data/$target"
systemctl start -- "$service"`;

const restoreScript = `systemctl stop -- "$service"
rm -f -- "$data/$target"
each back
systemctl reset-failed -- "$service" || true
systemctl start -- "$service"`;

const forgetScript = `forget() { rm -rf -- "$data/$1.before-mailferry"; }
each forget`;
