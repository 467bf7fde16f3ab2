import { randomUUID } from "node:crypto";
import {
  chmodSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { Failure, Refused } from "../contract/errors.ts";
import type { Operator } from "./request.ts";

/** What a lock says of its holder, on the controller and on the hosts. */
export interface LockHolder {
  readonly migration: string;
  readonly user: string;
  /** Undefined in the lock of an older release. */
  readonly uid: number | undefined;
  readonly hostname: string;
  readonly machineId: string;
  readonly pid: number;
  /** Start time of the process in clock ticks since boot (proc(5), field 22): a recycled pid differs. */
  readonly startedTicks: string;
  readonly since: string;
}

/** Describes the operator of this process as the holder of a lock. */
export function describeHolder(operator: Operator, migration: string, now: Date): LockHolder {
  return { ...operator, migration, startedTicks: processStart(operator.pid) ?? "", since: now.toISOString() };
}

/**
 * Takes the lock of a state directory; gives back how to release it. Refused while its holder lives. It is the first
 * thing that a run writes: where there is no room for it, nothing was touched.
 */
export function lockStateDirectory(directory: string, holder: LockHolder, breakLock: boolean): () => void {
  try {
    return takeLock(directory, holder, breakLock);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && fullCodes.has(error.code))) throw error;
    throw new Failure("bad-input", `${directory}: no room for the state of the migration`, {
      next: "make room, or take another directory with --state-dir; nothing was touched",
      cause: error,
    });
  }
}

const fullCodes: ReadonlySet<unknown> = new Set(["ENOSPC", "EDQUOT"]);

function takeLock(directory: string, holder: LockHolder, breakLock: boolean): () => void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  keepForOwner(directory, holder.uid);
  const file = join(directory, "lock.json");
  const text = `${JSON.stringify(holder)}\n`;
  if (!createLock(file, text)) {
    const seen = readText(file) ?? "";
    const other = parseHolder(seen);
    // A lock that can't be read is somebody's, too.
    if (!breakLock && (other === undefined || isAlive(other, holder))) throw heldBy(other, "this migration");
    removeLock(file, seen);
    if (!createLock(file, text)) throw heldBy(parseHolder(readText(file) ?? ""), "this migration");
  }
  return () => removeLock(file, text);
}

/** Whoever can write there decides, by the journal, what is done to the mail; who can read there reads names and addresses. */
function keepForOwner(directory: string, ownUid: number | undefined): void {
  const { uid, mode } = statSync(directory);
  const isOurs = uid === ownUid;
  if (isOurs && (mode & 0o022) === 0) {
    if ((mode & 0o077) !== 0) chmodSync(directory, 0o700);
    return;
  }
  throw new Refused(`${directory} ${isOurs ? "can be written by others" : "belongs to another user"}`, {
    next: "Look at who wrote what there. Then give it to yourself alone (chown -R, chmod 700), or take another with --state-dir.",
  });
}

/** Who holds the lock of a state directory, if anybody does. */
export function stateDirectoryHolder(directory: string): LockHolder | undefined {
  const text = readText(join(directory, "lock.json"));
  return text === undefined ? undefined : parseHolder(text);
}

/**
 * Whether a holder still lives. Another machine's process can't be looked up: it counts as alive, and
 * only `--break-lock` goes past it.
 */
export function isAlive(other: LockHolder, asker: { readonly machineId: string }): boolean {
  if (other.machineId !== asker.machineId) return true;
  const start = processStart(other.pid);
  return start !== undefined && start === other.startedTicks;
}

/** The refusal that a second operator sees. */
export function heldBy(holder: LockHolder | undefined, what: string): Refused {
  const by =
    holder === undefined
      ? "somebody else"
      : `${holder.user} on ${holder.hostname} (process ${holder.pid}, migration ${holder.migration}) since ${holder.since}`;
  return new Refused(`${what} is locked by ${by}`, {
    next: "Wait until that run has ended. If you are certain that it is gone, run the same command with --break-lock.",
  });
}

/** Reads a holder from a lock file's text; damaged text is a holder nobody knows. */
export function parseHolder(text: string): LockHolder | undefined {
  try {
    const holder = JSON.parse(text) as Partial<Record<keyof LockHolder, unknown>> | null;
    const isWhole =
      typeof holder?.pid === "number" && words.every((word) => typeof holder[word] === "string");
    return isWhole ? (holder as LockHolder) : undefined;
  } catch {
    return undefined;
  }
}

const words = ["user", "hostname", "machineId", "since"] as const;

// Written whole under another name first: nobody ever reads half a lock.
function createLock(file: string, text: string): boolean {
  const own = `${file}.${randomUUID()}`;
  try {
    writeFileSync(own, text, { mode: 0o600 });
    linkSync(own, file);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(own, { force: true });
  }
}

// Only the lock that was looked at: another one may have come into its place. Renaming is what one alone can do.
function removeLock(file: string, seen: string): void {
  const aside = `${file}.${randomUUID()}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return;
    throw error;
  }
  if (readText(aside) !== seen) linkSync(aside, file);
  rmSync(aside, { force: true });
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

function processStart(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The command name in field 2 may hold spaces and brackets: count from the last bracket.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}
