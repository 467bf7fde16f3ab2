import { createReadStream } from "node:fs";
import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { Failure } from "../../contract/errors.ts";
import type { HostReader } from "../../contract/host.ts";
import type { ByteText } from "../../mail/byte-text.ts";
import { nulRecords } from "../../mail/nul-records.ts";
import { lowerPriorityLine, type Priority } from "../priority.ts";
import type { FilterRule } from "./filter-rules.ts";
import { GrowingFile, pieceBytes } from "./growing-file.ts";
import { halfLines } from "./halves.ts";
import { longLookMs } from "./source-check.ts";

/** A listing of a mail root, kept in a file on the controller, packed by gzip as it came. */
export interface Listing {
  readonly file: string;
  /** When it was begun, in seconds since 1970 by the host's clock. */
  readonly startedAt: number;
}

/** A listing that is being taken. */
export interface ListingUnderWay {
  readonly listing: Promise<Listing>;
  /** What `readListing` would give, while it comes. It may be trusted once the listing has come whole. */
  readonly records: AsyncGenerator<readonly ByteText[]>;
}

/** Lists the directories and control files of a mail root, and no message. `hot` lets pass what goes away meanwhile. */
export function takeListing(
  host: HostReader,
  root: string,
  rules: readonly FilterRule[],
  phase: "hot" | "cold",
  file: string,
  priority?: Priority,
): ListingUnderWay {
  const output = new GrowingFile(file, host.name, { isKept: true });
  const script = lowerPriorityLine(priority) + listScript;
  const take = async (): Promise<Listing> => {
    try {
      const { stderr } = await host.probe(["sh", "-c", script, "sh", root, ...notListed(rules)], {
        timeoutMs: longLookMs,
        onStdout: output.take,
      });
      return { file, startedAt: startOf(stderr.toString("latin1"), phase, root, host.name) };
    } finally {
      output.end();
    }
  };
  return { listing: take(), records: recordsOf(Readable.from(output.read()), file) };
}

/** The records of a listing, in order of `path//`, in pieces of some thousands. */
export function readListing(file: string): AsyncGenerator<readonly ByteText[]> {
  return recordsOf(createReadStream(file, { highWaterMark: pieceBytes }), file);
}

async function* recordsOf(packed: Readable, file: string): AsyncGenerator<readonly ByteText[]> {
  try {
    yield* nulRecords(unpacked(packed));
  } catch (cause) {
    throw cutShort(file, cause);
  }
}

/** Unpacks what comes packed by gzip. */
export function unpacked(packed: Readable): AsyncIterable<Buffer> {
  const output = createGunzip({ chunkSize: 1 << 20 });
  // Whoever reads the output hears of an error.
  pipeline(packed, output, () => {});
  return output;
}

function cutShort(file: string, cause: unknown): Failure {
  return new Failure("task-failed", `the listing ${file} is cut short`, { next: listAnew, cause });
}

const listAnew = "Remove it and run the stage again: the pass then compares all of both trees.";

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
  const ends = told
    .match(/^mailferry: (found|sorted|merged|packed) [0-9]+$/gm)
    ?.map((line) => (phase === "hot" ? line.replace(/ found 1$/, " found 0") : line));
  const isWhole = ends?.sort().join() === stepsOfWhole.join();
  if (isWhole && faults.length === 0 && !Number.isNaN(startedAt)) return startedAt;
  throw unreadable(faults, root, host);
}

/** How the steps of the script end that list a whole tree, in order of their names. */
const stepsOfWhole = ["found 0", "found 0", "merged 0", "packed 0", "sorted 0", "sorted 0"].map(
  (step) => `mailferry: ${step}`,
);

/** The failure for what could not be listed below a root; `faults` are what the host said. */
export function unreadable(faults: readonly string[], root: string, host: string): Failure {
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

/** Whether a fault is that something is not there any more. */
export function hasGone(line: string): boolean {
  return line.endsWith(": No such file or directory");
}

/**
 * `$1` is the root, the rest are names of files that are left out.
 *
 * A tree is told by two finds at the same time, each of them one half. What lies right below the root is of the first half, with what
 * no half goes into.
 */
const listScript = String.raw`
LC_ALL=C
export LC_ALL
cd -- "$1" || exit 1
shift
echo "mailferry: started $(date +%s)" >&2
left=$#
while [ "$left" -gt 0 ]; do
  set -- "$@" -o -name "$1"
  shift
  left=$((left - 1))
done
${halfLines}

# What two finds say of their errors is kept apart by the line.
tell() {
  { {
    find . -mindepth 1 -regextype posix-extended "$@" -o \
      -type d \( -name cur -o -name new -o -name tmp \) -links 2 -printf '%P//F %T@ %C@ %i %m %U %G\0' -prune -o \
      -type d -printf '%P//d - - %m %U %G\0' -o \
      -printf '%P//%y %T@ %C@ %s %i %m %U %G %l\0'
    echo "mailferry: found $?" >&2
  } 2>&1 >&3 | sed -u '' >&2; } 3>&1 | {
    sort -z
    echo "mailferry: sorted $?" >&2
  }
}
first_half() {
  tell ! -path './*/*/*' -path './*/*' ! -regex "$half" -prune -o \( ! -type d \( -false "$@" \) \)
}
second_half() {
  tell ! -path './*/*/*' \( \
      -path './*/*' -regex "$half" -prune -o \
      ! -path './*/*' \( -type d \( -name cur -o -name new -o -name tmp \) -links 2 -prune -o -true \) \
    \) -o \( ! -type d \( -false "$@" \) \)
}
second_half "$@" | {
  exec 4<&0
  first_half "$@" </dev/null | {
    sort -zm - /dev/fd/4
    echo "mailferry: merged $?" >&2
  }
} | gzip -1
echo "mailferry: packed $?" >&2`;
