import { type ByteText, compareBytes } from "./byte-text.ts";
import { inStepByPieces } from "./in-step.ts";

/**
 * One entry of a mail root's listing. A leaf folder (`cur`, `new` or `tmp` without directories in it) stands for the
 * messages in it, which are not listed: none can appear, vanish or change its flags without a new time of its folder.
 */
export interface ListedEntry {
  /** Relative to the mail root. */
  readonly path: ByteText;
  /** As find's `%y` (`d`, `f`, `l`, …), and `F` for a leaf folder. */
  readonly kind: string;
  /** What tells a change: kind, size, times, inode, mode and owner, as far as they count for the kind. */
  readonly facts: ByteText;
}

/** What happened to a mail root between two listings. */
export interface TreeChange {
  readonly entriesBefore: number;
  readonly entriesNow: number;
  /** Leaf folders whose messages may be others now. */
  readonly folders: readonly ByteText[];
  /** Everything else that is new or changed: control files, directories, links. */
  readonly changed: readonly ByteText[];
  /** Directories near the root that were there before and still are: domains and mailboxes, as a rule. */
  readonly standing: readonly ByteText[];
  readonly goneFolders: readonly ByteText[];
  readonly goneDirectories: readonly ByteText[];
  readonly goneFiles: readonly ByteText[];
  /** Some path is of another kind now: a directory that was a file, a folder that got directories. */
  readonly kindChanged: boolean;
}

/** Reads a record of a listing: `path//kind facts`. No path has `//` in it. */
export function parseListedEntry(record: ByteText): ListedEntry | undefined {
  const end = record.indexOf("//");
  if (end === -1) return undefined;
  return { path: record.slice(0, end), kind: record.charAt(end + 2), facts: record.slice(end + 2) };
}

/** When an entry changed last, in seconds since 1970 by the host's clock; 0 where that does not count. */
function changedAt({ kind, facts }: ListedEntry): number {
  if (kind === "d") return 0;
  const [, modifiedAt, changedAt] = facts.split(" ", 3);
  return Math.max(Number(modifiedAt), Number(changedAt));
}

/** In order of `path//`; most entries are in both listings. */
function compareEntries(one: ListedEntry, other: ListedEntry): number {
  return one.path === other.path ? 0 : compareBytes(`${one.path}//`, `${other.path}//`);
}

/**
 * Compares the listing from the start of the last good pass with the one of now; both in order of `path//`. What
 * had changed at `uncertainSince` or later when the first was made counts as changed: within the clock's grain it
 * could have changed again and look the same.
 */
export async function compareListings(
  before: AsyncIterator<readonly ListedEntry[]>,
  now: AsyncIterator<readonly ListedEntry[]>,
  uncertainSince: number,
): Promise<TreeChange> {
  const change = {
    entriesBefore: 0,
    entriesNow: 0,
    folders: [] as ByteText[],
    changed: [] as ByteText[],
    standing: [] as ByteText[],
    goneFolders: [] as ByteText[],
    goneDirectories: [] as ByteText[],
    goneFiles: [] as ByteText[],
    kindChanged: false,
  };
  for await (const pairs of inStepByPieces(before, now, compareEntries)) {
    for (const [was, is] of pairs) judge(was, is);
  }
  return change;

  function judge(was: ListedEntry | undefined, is: ListedEntry | undefined): void {
    if (was !== undefined) change.entriesBefore += 1;
    if (is !== undefined) change.entriesNow += 1;
    if (is === undefined) {
      const { kind, path } = was as ListedEntry;
      const gone = { F: change.goneFolders, d: change.goneDirectories }[kind] ?? change.goneFiles;
      gone.push(path);
      return;
    }
    if (was !== undefined && is.kind === "d" && isNearRoot(is.path)) change.standing.push(is.path);
    if (was === undefined || was.facts !== is.facts || changedAt(was) >= uncertainSince) {
      if (was !== undefined && was.kind !== is.kind) change.kindChanged = true;
      (is.kind === "F" ? change.folders : change.changed).push(is.path);
    }
  }
}

function isNearRoot(path: ByteText): boolean {
  return path.indexOf("/") === path.lastIndexOf("/");
}
