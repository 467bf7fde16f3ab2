import type { ByteText } from "./byte-text.ts";
import { type FolderEvidence, readFolder, recordsOf } from "./folder-evidence.ts";
import type { LedgerMessage } from "./ledger.ts";
import { parseMaildirName } from "./maildir-name.ts";

/** A folder that was listed by names and sizes, and the hashes that are known of its messages. */
export interface PartlyHashed {
  readonly folder: FolderEvidence;
  /** By the message's path inside the folder: `cur/NAME`. */
  readonly known: ReadonlyMap<ByteText, string>;
  /** The paths of the messages that have to be hashed. */
  readonly unknown: readonly ByteText[];
}

/** Finds the hashes that an earlier ledger has of a folder's messages. One counts for the same unique name and the same size. */
export function knownHashes(folder: FolderEvidence, earlier: FolderEvidence | undefined): PartlyHashed {
  const before = byBase(earlier);
  const known = new Map<ByteText, string>();
  const unknown: ByteText[] = [];
  for (const { path, value } of recordsOf(folder)) {
    if (!isFile(value)) continue;
    const message = before.get(baseOf(path));
    if (message?.hash !== undefined && message.size === Number.parseInt(value, 10)) {
      known.set(path, message.hash);
    } else unknown.push(path);
  }
  return { folder, known, unknown };
}

/** The folder with its hashes, as a scan that takes them writes it; and the first message that none is known of. */
export function withHashes(
  folder: FolderEvidence,
  hashOf: (path: ByteText) => string | undefined,
): { readonly folder: FolderEvidence; readonly unhashed: ByteText | undefined } {
  let unhashed: ByteText | undefined;
  const records: string[] = [];
  for (const { path, value } of recordsOf(folder)) {
    const hash = isFile(value) ? hashOf(path) : undefined;
    if (hash !== undefined) records.push(`${path}//#${hash}\0`);
    else if (isFile(value)) unhashed ??= path;
    records.push(`${path}//${value}\0`);
  }
  return { folder: { ...folder, messages: Buffer.from(records.join(""), "latin1") }, unhashed };
}

/** Two files of one unique name tell nothing about which of them is which. */
function byBase(earlier: FolderEvidence | undefined): ReadonlyMap<ByteText, LedgerMessage | undefined> {
  const found = new Map<ByteText, LedgerMessage | undefined>();
  if (earlier === undefined) return found;
  for (const message of readFolder(earlier).messages) {
    found.set(message.base, found.has(message.base) ? undefined : message);
  }
  return found;
}

/** Of a size alone, or of one with an owner and the type `f`. */
function isFile(value: string): boolean {
  return !value.includes(" ") || value.endsWith("f");
}

function baseOf(path: ByteText): ByteText {
  return parseMaildirName(path.slice("cur/".length)).base;
}
