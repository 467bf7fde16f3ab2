import type { ByteText } from "../../mail/byte-text.ts";
import { changeOfFolders, type FolderChange } from "../../mail/folder-change.ts";
import type { ComparedNames } from "../../mail/folder-names.ts";
import { notedMessage } from "../../mail/noted-message.ts";
import { compareListings, type TreeChange } from "../../mail/tree-listing.ts";
import { type ComparedFolders, compareFolderNames } from "./folder-names.ts";
import { type Listing, readListing } from "./listing.ts";

/** What a pass has to do that knows what changed since the last one. */
export interface DeltaPlan {
  readonly tree: TreeChange;
  readonly messages: FolderChange;
  readonly held: ComparedNames["held"];
}

export type DeltaSides = Omit<ComparedFolders, "folders" | "standing">;

/** The grain of a clock: what changed so shortly before a listing may change again and look the same. */
const grainSeconds = 2;

/** Finds out what changed at the source since a listing, by the records of a later one. */
export function changeOfTree(before: Listing, now: AsyncIterator<readonly ByteText[]>): Promise<TreeChange> {
  return compareListings(readListing(before.file), now, before.startedAt - grainSeconds);
}

/**
 * Finds out what the target lacks of a change. Only folders that changed are looked into, on both sides; undefined when
 * the whole trees have to be compared.
 */
export async function planDelta(tree: TreeChange, sides: DeltaSides): Promise<DeltaPlan | undefined> {
  if (tree.kindChanged) return undefined;
  const { folders, standing } = tree;
  const names = await compareFolderNames({ ...sides, folders, standing });
  if (names === undefined) return undefined;
  return { tree, messages: changeOfFolders(names), held: names.held };
}

/** Whether a tree is as it was. */
function isSame({ changed, folders, goneDirectories, goneFiles, goneFolders }: TreeChange): boolean {
  return [changed, folders, goneDirectories, goneFiles, goneFolders].every(({ length }) => length === 0);
}

/** Whether there is nothing at all to do. */
export function isEmpty({ tree, messages: { renames, send, remove } }: DeltaPlan): boolean {
  return isSame(tree) && [renames, send, remove].every(({ length }) => length === 0);
}

/** What the job works through; paths are relative to both roots. */
export interface DeltaLists {
  /** From and to, in turns. */
  readonly renames: readonly ByteText[];
  /** rsync sees to it that a renamed message is the same one: one of another size or time is sent. */
  readonly send: readonly ByteText[];
  readonly remove: readonly ByteText[];
  /** Directories to remove with all that is in them. */
  readonly directories: readonly ByteText[];
  /** Messages that are on the target because of this pass, and those that go: as the notes know them, in order. */
  readonly brought: readonly ByteText[];
  readonly removed: readonly ByteText[];
  readonly forgotten: readonly ByteText[];
  /** Directories in which something is renamed or removed. */
  readonly touched: readonly ByteText[];
}

/** Lays a plan out for the job. */
export function deltaLists({ tree, messages, held }: DeltaPlan): DeltaLists {
  const { renames, send, remove } = messages;
  const renamed = renames.map(([, to]) => to);
  // A folder may be called "new": then its control files look like messages to the notes.
  const removed = messageKeys([...remove, ...tree.goneFiles]);
  const directories = topmost([...tree.goneFolders, ...tree.goneDirectories]);
  return {
    renames: renames.flat(),
    send: [...tree.changed, ...tree.folders, ...send, ...renamed],
    remove: [...remove, ...tree.goneFiles],
    directories,
    brought: messageKeys([...tree.changed, ...send, ...renamed]),
    removed,
    // Of two files of one message one may be left.
    forgotten: removed.filter((key) => !held.has(key)),
    touched: [...new Set([...renames.flat(), ...remove, ...tree.goneFiles, ...directories].map(parentOf))],
  };
}

/** The directory that a path lies in; empty for the root. */
function parentOf(path: ByteText): ByteText {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

/** Messages as the notes of passes know them (`listMessagesFunction`), in the order of their bytes. */
function messageKeys(paths: readonly ByteText[]): ByteText[] {
  return [...new Set(paths.map(notedMessage).filter((key) => key !== undefined))].sort();
}

function topmost(directories: readonly ByteText[]): ByteText[] {
  const gone = new Set(directories);
  return directories.filter((path) => {
    for (let slash = path.indexOf("/"); slash !== -1; slash = path.indexOf("/", slash + 1)) {
      if (gone.has(path.slice(0, slash))) return false;
    }
    return true;
  });
}
