import { Failure } from "../../contract/errors.ts";
import type { HostReader, HostWriter } from "../../contract/host.ts";
import type { ByteText } from "../../mail/byte-text.ts";
import type { NameDifference } from "../../mail/folder-change.ts";
import { isPlain, leadsOut } from "../../mail/plain-path.ts";
import { longOutput, unpackLong } from "../long-output.ts";
import { nulList, requireNoFault } from "./listing.ts";
import { longLookMs } from "./source-check.ts";

/** Leaf folders of both trees, by their paths below the roots. */
export interface ComparedFolders {
  readonly source: HostReader;
  readonly src: string;
  readonly target: HostWriter;
  readonly dest: string;
  readonly folders: readonly ByteText[];
  /** Directories that the target must have: all of them, or something is not mounted there. */
  readonly standing: readonly ByteText[];
  /** Where the target may keep its names for a moment. */
  readonly workDirectory: string;
}

/** What the names in folders of both sides came to. */
export interface ComparedNames extends NameDifference {
  /** Whether the source has a file of that message (`messageKey`) in those folders. */
  sourceHolds(key: ByteText): boolean;
}

/**
 * Compares the names in folders, however many there are: each host sorts its own, the target finds what differs, and only
 * that is read here. A folder that is not there holds none. Undefined when the target lacks a standing directory.
 */
export async function compareFolderNames(folders: ComparedFolders): Promise<ComparedNames | undefined> {
  const [there, isStanding] = await Promise.all([namesOf(folders), keepNames(folders)]);
  if (!isStanding) return undefined;
  const difference = there === undefined ? none : await differenceTo(there.packed, folders);
  return { ...difference, sourceHolds: (key) => there !== undefined && holdsMessage(there.names, key) };
}

const none: NameDifference = { missing: [], extra: [] };

/** The source's names in their order, NUL after each; and packed by gzip, as they travel: a quarter of the bytes. */
interface SourceNames {
  readonly names: Buffer;
  readonly packed: Buffer;
}

async function namesOf({ source, src, folders }: ComparedFolders): Promise<SourceNames | undefined> {
  if (folders.length === 0) return undefined;
  const output = longOutput(source.name);
  const { stderr } = await source.probe(["sh", "-c", `${namesFunction}\n${namesScript}`, "sh", src], {
    stdin: nulList(folders, "./"),
    timeoutMs: longLookMs,
    accept: "any",
    onStdout: output.take,
  });
  requireNoFault(stderr.toString("latin1"), src, source.name);
  const packed = output.whole();
  return { names: await unpackLong(packed, source.name), packed };
}

/** Has the target keep its names; false when one of the standing directories is not there. */
async function keepNames({
  target,
  dest,
  folders,
  standing,
  workDirectory,
}: ComparedFolders): Promise<boolean> {
  const lists = [standing, folders].map((paths) => nulList(paths, "./"));
  const size = String(lists[0]?.length ?? 0);
  const argv = ["sh", "-c", `${namesFunction}\n${keepScript}`, "sh", dest, size, workDirectory];
  const { stderr } = await target.run(argv, {
    stdin: Buffer.concat(lists),
    timeoutMs: longLookMs,
    accept: "any",
  });
  const told = stderr.toString("latin1");
  if (told === "mailferry: not standing\n") return false;
  requireNoFault(told, dest, target.name);
  return true;
}

async function differenceTo(
  packed: Buffer,
  { target, folders, workDirectory }: ComparedFolders,
): Promise<NameDifference> {
  const argv = ["sh", "-c", differenceScript, "sh", workDirectory];
  const { stdout, stderr } = await target.run(argv, { stdin: packed, timeoutMs: longLookMs });
  // What comm did not come to see of the source's names would look extra here.
  if (!/^mailferry: unpacked$/m.test(stderr.toString("latin1"))) throw notUnpacked(target.name, stderr);
  const asked = new Set(folders);
  const [missing, extra]: [ByteText[], ByteText[]] = [[], []];
  for (const line of stdout.toString("latin1").split("\0").slice(0, -1)) {
    const isExtra = line.startsWith("\t");
    const path = line.slice(isExtra ? "\t./".length : "./".length);
    if (!isPlain(path) || !asked.has(path.slice(0, path.lastIndexOf("/")))) throw leadsOut(path);
    (isExtra ? extra : missing).push(path);
  }
  return { missing, extra };
}

/** Whether sorted names have a message, whose key is `folder/cur/BASE`, in `cur` or `new` and with whatever flags. */
export function holdsMessage(names: Buffer, key: ByteText): boolean {
  const slash = key.lastIndexOf("/cur/");
  const read = `./${key}`;
  const unread =
    slash === -1 ? undefined : `./${key.slice(0, slash)}/new/${key.slice(slash + "/cur/".length)}`;
  return [read, unread].some((path) => path !== undefined && holdsName(names, path));
}

/** Whether sorted names have this one, alone or with flags behind it. */
function holdsName(names: Buffer, name: ByteText): boolean {
  return ["\0", ":2,"].some((end) => {
    const wanted = Buffer.from(name + end, "latin1");
    const at = firstFrom(names, wanted);
    return names.subarray(at, at + wanted.length).equals(wanted);
  });
}

/** Where the first name begins that does not come before `wanted`. */
function firstFrom(names: Buffer, wanted: Buffer): number {
  let [low, high] = [0, names.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const start = middle === 0 ? 0 : names.lastIndexOf(0, middle - 1) + 1;
    const end = names.indexOf(0, start) + 1;
    if (names.compare(wanted, 0, wanted.length, start, end) < 0) low = end;
    else high = start;
  }
  return low;
}

/** `names`: what is in the folders that come on its input, sorted. */
const namesFunction = String.raw`LC_ALL=C
export LC_ALL
names() {
  {
    xargs -0 -r sh -c 'exec find "$@" -mindepth 1 -maxdepth 1 -printf "%p\0"' sh
    echo "mailferry: read $?" >&2
  } | sort -z
  echo "mailferry: sorted $?" >&2
}`;

const namesScript = `cd -- "$1" && names | gzip -1`;

/** `$2`: the size of the list of standing directories on the input; the folders are behind it. */
const keepScript = `
cd -- "$1" && mkdir -p -m 0700 -- "$3" || exit 1
head -c "$2" >"$3/standing" || exit 1
if xargs -0 -r sh -c 'for d do [ -d "$d" ] || exit 255; done' sh <"$3/standing" 2>/dev/null; then
  names >"$3/names"
else
  cat >/dev/null
  echo "mailferry: not standing" >&2
fi`;

/** What only the input has, and behind a tab what only the kept names have. */
const differenceScript = `{ gzip -dc && echo "mailferry: unpacked" >&2; } | LC_ALL=C comm -z -3 - "$1/names"`;

function notUnpacked(host: string, stderr: Buffer): Failure {
  const told = stderr.toString("utf8").trimEnd();
  return new Failure("task-failed", `the names of old's messages could not be unpacked on ${host}: ${told}`, {
    host,
    next: "Is gzip there? Then run the stage again.",
  });
}
