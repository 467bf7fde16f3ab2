import { Failure, OutcomeUnknown } from "../contract/errors.ts";
import type { HostWriter } from "../contract/host.ts";
import { heldBy, isAlive, type LockHolder, parseHolder } from "./lock.ts";

const directory = "/var/lib/mailferry";
const file = `${directory}/lock`;

// Two operators may come at the same moment: only one can make the name. It is there whole or not at all, since nobody takes
// over a lock that does not tell whose it is.
const takeScript = `set -e
umask 077
mkdir -p ${directory}
new=$(mktemp ${file}.XXXXXXXXXX)
trap 'rm -f -- "$new"' EXIT
trap 'exit 1' HUP INT TERM
cat >"$new"
[ "$(wc -c <"$new")" -eq "$1" ] || { echo "the lock was cut short" >&2; exit 2; }
sync -- "$new"
ln -T "$new" ${file}`;

// Only the lock that was looked at: somebody may have broken it meanwhile.
const removeScript = `if cmp -s - ${file}; then rm -f ${file}; fi`;

/** Takes the lock on a host. Refused while its holder lives. */
export async function lockHost(host: HostWriter, holder: LockHolder, breakLock: boolean): Promise<void> {
  const text = textOf(holder);
  if (!(await take(host, text))) {
    const seen = (await host.readText(file)) ?? "";
    const other = parseHolder(seen);
    if (!breakLock && !isOurs(other, holder)) throw heldBy(other, host.name);
    await host.run(["sh", "-c", removeScript], { stdin: seen });
    if (!(await take(host, text))) {
      throw heldBy(parseHolder((await host.readText(file)) ?? ""), host.name);
    }
  }
}

/** Takes the holder's lock off a host, if it is there. Throws a Failure that names the file when nobody knows whether it went. */
export async function releaseHost(host: HostWriter, holder: LockHolder): Promise<void> {
  const remove = () => host.run(["sh", "-c", removeScript], { stdin: textOf(holder) });
  try {
    // It does no harm a second time.
    await remove().catch((error: unknown) => {
      if (!(error instanceof OutcomeUnknown)) throw error;
      return remove();
    });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const kind = error instanceof Failure ? error.kind : "task-failed";
    throw new Failure(kind, `the lock ${file} could not be taken off ${host.name}: ${why}`, {
      host: host.name,
      next: "Run the same command again, once the host can be reached: it takes the lock over, and off.",
      cause: error,
    });
  }
}

/** Who holds the lock of a host, if anybody does. */
export async function hostLockHolder(host: {
  readText: HostWriter["readText"];
}): Promise<LockHolder | undefined> {
  const text = await host.readText(file);
  return text === undefined ? undefined : parseHolder(text);
}

function textOf(holder: LockHolder): string {
  return `${JSON.stringify(holder)}\n`;
}

async function take(host: HostWriter, text: string): Promise<boolean> {
  const argv = ["sh", "-c", takeScript, "sh", String(Buffer.byteLength(text))];
  const result = await host.run(argv, { stdin: text, accept: "any" });
  if (result.exitCode === 0) return true;
  if ((await host.stat(file)) !== undefined) return false;
  throw new Failure("task-failed", `the lock ${file} can't be written: ${result.stderr.toString().trim()}`, {
    host: host.name,
    next: "Look whether the disk of the host is full or read-only.",
  });
}

// A holder on this machine whose process is gone was killed: its run is ours to take up again.
function isOurs(other: LockHolder | undefined, asker: LockHolder): boolean {
  return other !== undefined && !isAlive(other, asker);
}
