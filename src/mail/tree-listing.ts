import { type ByteText, compareBytes } from "./byte-text.ts";
import { inStepByPieces } from "./in-step.ts";
import { isPlain, leadsOut } from "./plain-path.ts";

/**
 * One entry of a mail root's listing. A leaf folder (`cur`, `new` or `tmp` without directories in it) stands for the
 * messages in it, which are not listed: none can appear, vanish or change its flags without a new time of its folder.
 */
interface ListedEntry {
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

/** Reads a record of a listing: `path//kind facts`. No path has `//` in it. Throws for one that leads out of the root. */
function parseRecord(record: ByteText): ListedEntry {
  const end = record.indexOf("//");
  const path = record.slice(0, end);
  if (end === -1 || !isPlain(path)) throw leadsOut(record);
  return { path, kind: record.charAt(end + 2), facts: record.slice(end + 2) };
}

/** When the entry of a record changed last, in seconds since 1970 by the host's clock; 0 where that does not count. */
function changedAt(record: ByteText): number {
  const kindAt = record.indexOf("//") + 2;
  if (record.charAt(kindAt) === "d") return 0;
  const modified = kindAt + 2;
  const changed = record.indexOf(" ", modified) + 1;
  const end = record.indexOf(" ", changed);
  return Math.max(Number(record.slice(modified, changed - 1)), Number(record.slice(changed, end)));
}

/** In order of `path//`; most records are the same in both listings. */
function compareRecords(one: ByteText, other: ByteText): number {
  return one === other ? 0 : compareBytes(pathPart(one), pathPart(other));
}

function pathPart(record: ByteText): ByteText {
  return record.slice(0, record.indexOf("//") + 2);
}

/**
 * Compares the listing from the start of the last good pass with the one of now: records in order of `path//`. What
 * had changed at `uncertainSince` or later when the first was made counts as changed: within the clock's grain it
 * could have changed again and look the same. A record that is the same in both is hardly looked at: nearly all are.
 */
export async function compareListings(
  before: AsyncIterator<readonly ByteText[]>,
  now: AsyncIterator<readonly ByteText[]>,
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
  for await (const pairs of inStepByPieces(before, now, compareRecords)) {
    for (const [was, is] of pairs) judge(was, is);
  }
  return change;

  function judge(was: ByteText | undefined, is: ByteText | undefined): void {
    if (was !== undefined) change.entriesBefore += 1;
    if (is !== undefined) change.entriesNow += 1;
    if (is === undefined) {
      const { kind, path } = parseRecord(was ?? "");
      const gone = { F: change.goneFolders, d: change.goneDirectories }[kind] ?? change.goneFiles;
      gone.push(path);
      return;
    }
    if (was !== undefined && isDirectoryNearRoot(is)) change.standing.push(parseRecord(is).path);
    if (was !== is || changedAt(was) >= uncertainSince) {
      const { kind, path } = parseRecord(is);
      if (was !== undefined && parseRecord(was).kind !== kind) change.kindChanged = true;
      (kind === "F" ? change.folders : change.changed).push(path);
    }
  }
}

function isDirectoryNearRoot(record: ByteText): boolean {
  const end = record.indexOf("//");
  if (record.charAt(end + 2) !== "d") return false;
  const slash = record.indexOf("/");
  return slash === end || record.indexOf("/", slash + 1) === end;
}
