import { closeSync, createReadStream, openSync, writeFileSync } from "node:fs";
import { Failure } from "../../contract/errors.ts";
import type { HostReader } from "../../contract/host.ts";
import { type ByteText, readable } from "../../mail/byte-text.ts";
import { type ListedEntry, parseListedEntry } from "../../mail/tree-listing.ts";
import type { FilterRule } from "./filter-rules.ts";
import { longLookMs } from "./source-check.ts";

/** A listing of a mail root, kept in a file on the controller. */
export interface Listing {
  readonly file: string;
  /** When it was begun, in seconds since 1970 by the host's clock. */
  readonly startedAt: number;
}

/** Lists the directories and control files of a mail root, and no message. `hot` lets pass what goes away meanwhile. */
export async function takeListing(
  host: HostReader,
  root: string,
  rules: readonly FilterRule[],
  phase: "hot" | "cold",
  file: string,
): Promise<Listing> {
  const output = openSync(file, "w", 0o600);
  try {
    const { stderr } = await host.probe(["sh", "-c", listScript, "sh", root, ...notListed(rules)], {
      timeoutMs: longLookMs,
      onStdout: (chunk) => writeFileSync(output, chunk),
    });
    return { file, startedAt: startOf(stderr.toString("latin1"), phase, root, host.name) };
  } finally {
    closeSync(output);
  }
}

/** The entries of a listing, in order of `path//`, in pieces of some thousands. */
export async function* readListing(file: string): AsyncGenerator<readonly ListedEntry[]> {
  let rest = "";
  for await (const chunk of createReadStream(file, { encoding: "latin1", highWaterMark: 1 << 20 })) {
    const records = (rest + chunk).split("\0");
    rest = records.pop() ?? "";
    yield records.map(checkedEntry);
  }
  if (rest !== "") throw new Failure("task-failed", `the listing ${file} is cut short`, { next: listAnew });
}

const listAnew = "Remove it and run the stage again: the pass then compares all of both trees.";

function checkedEntry(record: ByteText): ListedEntry {
  const entry = parseListedEntry(record);
  if (entry === undefined || !isPlain(entry.path)) throw leadsOut(record);
  return entry;
}

/**
 * A path that goes down from the root, as find prints it. What a host says is data: one that was broken into must not
 * lead the other anywhere.
 */
function isPlain(path: ByteText): boolean {
  return !/(?:^|\/)\.{0,2}(?:\/|$)/.test(path);
}

function leadsOut(told: ByteText): Failure {
  return new Failure("task-failed", `a listing names ${readable(told.slice(0, 200))}, which no find prints`, {
    next: "Look at the old host: somebody else may answer in its place.",
  });
}

/** All names in leaf folders of a tree. A folder that is not there holds none. */
export async function namesIn(
  host: HostReader,
  root: string,
  folders: readonly ByteText[],
): Promise<ReadonlySet<ByteText>> {
  const names = new Set<ByteText>();
  if (folders.length === 0) return names;
  const asked = new Set(folders);
  let rest = "";
  const { stderr } = await host.probe(["sh", "-c", namesScript, "sh", root], {
    stdin: nulList(folders, "./"),
    timeoutMs: longLookMs,
    accept: "any",
    onStdout: (chunk) => {
      const found = (rest + chunk.toString("latin1")).split("\0");
      rest = found.pop() ?? "";
      for (const path of found) names.add(path.slice("./".length));
    },
  });
  requireNoFault(stderr.toString("latin1"), root, host.name);
  for (const path of names) {
    if (!isPlain(path) || !asked.has(path.slice(0, path.lastIndexOf("/")))) throw leadsOut(path);
  }
  return names;
}

/** A folder may go away while it is looked at: then it holds none either, and the next pass sees it gone. */
function requireNoFault(told: string, root: string, host: string): void {
  const faults = told.split("\n").filter((line) => line !== "" && !hasGone(line));
  const isWhole = /^mailferry: read 0$|^mailferry: read 123$/m.test(told);
  const others = faults.filter((line) => !line.startsWith("mailferry: "));
  if (isWhole && others.length === 0) return;
  throw unreadable(others, root, host);
}

/** Whether all of the directories are in a tree. */
export async function hasAll(
  host: HostReader,
  root: string,
  directories: readonly ByteText[],
): Promise<boolean> {
  const stdin = nulList(directories, "./");
  const { exitCode } = await host.probe(["sh", "-c", standingScript, "sh", root], { stdin, accept: "any" });
  return exitCode === 0;
}

/** Names for a script's input, NUL after each. Paths begin with "./", so that none of them looks like an option. */
export function nulList(names: readonly ByteText[], prefix: "./" | ""): Buffer {
  return Buffer.from(names.map((name) => `${prefix}${name}\0`).join(""), "latin1");
}

/** What the rules of a Maildir leave out are files of certain names; directories are always taken. */
function notListed(rules: readonly FilterRule[]): string[] {
  return rules.filter(({ action }) => action === "exclude").map(({ pattern }) => pattern);
}

/** Reads what the script says of itself; any other line is an error of find's. */
function startOf(told: string, phase: "hot" | "cold", root: string, host: string): number {
  const lines = told.split("\n").filter((line) => line !== "");
  const startedAt = Number(/^mailferry: started ([0-9]+)$/m.exec(told)?.[1]);
  const faults = lines.filter(
    (line) => !line.startsWith("mailferry: ") && !(phase === "hot" && hasGone(line)),
  );
  // A find that was killed says nothing, and what it did not come to would look gone: 1 is its code for entries it told of.
  const ends = phase === "hot" ? ["0", "1"] : ["0"];
  const found = /^mailferry: found ([0-9]+)$/m.exec(told)?.[1] ?? "";
  const isWhole = ends.includes(found) && /^mailferry: sorted 0$/m.test(told) && !Number.isNaN(startedAt);
  if (isWhole && faults.length === 0) return startedAt;
  throw unreadable(faults, root, host);
}

function unreadable(faults: readonly string[], root: string, host: string): Failure {
  const shown = faults.slice(0, 20).join("\n");
  return new Failure(
    "task-failed",
    `not everything below ${root} on ${host} could be listed:\n${shown}`.trimEnd(),
    {
      host,
      next: "Make it readable, then run the stage again.",
    },
  );
}

function hasGone(line: string): boolean {
  return line.endsWith(": No such file or directory");
}

/** `$1` is the root, the rest are names of files that are left out. */
const listScript = String.raw`
LC_ALL=C
export LC_ALL
cd -- "$1" || exit 1
shift
echo "mailferry: started $(date +%s)" >&2
count=$#
while [ "$count" -gt 0 ]; do
  set -- "$@" -o -name "$1"
  shift
  count=$((count - 1))
done
{
  find . -mindepth 1 \( ! -type d \( -false "$@" \) \) -o \
    -type d \( -name cur -o -name new -o -name tmp \) -links 2 -printf '%P//F %T@ %C@ %i %m %U %G\0' -prune -o \
    -type d -printf '%P//d - - %m %U %G\0' -o \
    -printf '%P//%y %T@ %C@ %s %i %m %U %G %l\0'
  echo "mailferry: found $?" >&2
} | sort -z
echo "mailferry: sorted $?" >&2`;

/** Lists the folders that come on its input, where they are there. */
const namesScript = String.raw`
LC_ALL=C
export LC_ALL
cd -- "$1" || exit 1
xargs -0 -r sh -c '
  for d do
    shift
    if [ -d "$d" ]; then set -- "$@" "$d"; fi
  done
  if [ $# -gt 0 ]; then exec find "$@" -mindepth 1 -maxdepth 1 -printf "%p\0"; fi' sh
echo "mailferry: read $?" >&2`;

const standingScript = `cd -- "$1" && xargs -0 -r sh -c 'for d do [ -d "$d" ] || exit 1; done' sh`;
