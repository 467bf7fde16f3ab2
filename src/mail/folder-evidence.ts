import { type ByteText, compareBytes } from "./byte-text.ts";
import { keywordNames, parseKeywords } from "./dovecot-keywords.ts";
import { parseSubscriptions } from "./dovecot-subscriptions.ts";
import { parseUidlist } from "./dovecot-uidlist.ts";
import type { LedgerFolder, LedgerMessage } from "./ledger.ts";
import type { FolderPlace } from "./maildir-folder.ts";
import { parseMaildirName } from "./maildir-name.ts";

/**
 * What a host's own bytes say of one folder. Most folders are the same on both hosts, byte by byte: only the others are
 * ever read message by message.
 */
export interface FolderEvidence extends FolderPlace {
  /** What the files `dovecot-uidlist`, `dovecot-keywords` and `subscriptions` hold; empty where there is none. */
  readonly uidlist: Buffer;
  readonly keywords: Buffer;
  readonly subscriptions: Buffer;
  /**
   * Records that end in NUL, in the order of their bytes: `cur/NAME//SIZE` for each message, before it
   * `cur/NAME//#HASH` where hashes were taken. Behind the size may come a blank with owner and type.
   */
  readonly messages: Buffer;
  /** How many messages those are. */
  readonly count: number;
}

/** Whether all that is said of a folder is the same. If not, the messages may still be: the bytes say more than they need. */
export function isSameEvidence(one: FolderEvidence, other: FolderEvidence): boolean {
  return (
    one.messages.equals(other.messages) &&
    one.uidlist.equals(other.uidlist) &&
    one.keywords.equals(other.keywords) &&
    one.subscriptions.equals(other.subscriptions)
  );
}

/**
 * Whether clients may know messages of the folder by UIDs that it does not tell: somebody opened it, since a message lies in
 * `cur`, and there is no UIDVALIDITY.
 */
export function hidesUids({ messages, uidlist }: FolderEvidence): boolean {
  // `cur` stands before `new`.
  if (!messages.subarray(0, 4).equals(inCur)) return false;
  const end = uidlist.indexOf("\n");
  const head = uidlist.subarray(0, end < 0 ? uidlist.length : end);
  return parseUidlist(head.toString("latin1")).uidValidity === undefined;
}

const inCur = Buffer.from("cur/");

/** Reads a folder message by message. Throws for a record that no scan writes. */
export function readFolder(evidence: FolderEvidence): LedgerFolder {
  const { maildir, directory } = evidence;
  const { uidValidity, nextUid, uids, guids, uidls } = parseUidlist(evidence.uidlist.toString("latin1"));
  const keywords = parseKeywords(evidence.keywords.toString("latin1"));
  const subscriptions = parseSubscriptions(evidence.subscriptions.toString("latin1"));
  const messages: LedgerMessage[] = [];
  let hashed: { readonly path: ByteText; readonly hash: string } | undefined;
  for (const { path, value } of recordsOf(evidence)) {
    if (value.startsWith("#")) {
      hashed = { path, hash: value.slice(1) };
      continue;
    }
    const { base, flags, keywordLetters } = parseMaildirName(path.slice("cur/".length));
    messages.push({
      base,
      size: Number.parseInt(value, 10),
      flags,
      keywords: keywordNames(keywordLetters, keywords).join(" "),
      uid: uids.get(base),
      guid: guids.get(base),
      uidl: uidls.get(base),
      hash: hashed?.path === path ? hashed.hash : undefined,
    });
  }
  messages.sort((a, b) => compareBytes(a.base, b.base));
  const unknown = hidesUids(evidence) ? { hidesUids: true } : {};
  return { maildir, directory, uidValidity, nextUid, subscriptions, messages, ...unknown };
}

/** The path of a message inside its folder, and what its record says of it: a size, or a hash behind a `#`. */
export interface MessageRecord {
  readonly path: ByteText;
  readonly value: string;
}

/** A folder's records in their order. Throws for one that no scan writes. */
export function* recordsOf({ messages }: Pick<FolderEvidence, "messages">): Generator<MessageRecord> {
  for (const record of messages.toString("latin1").split("\0")) {
    if (record === "") continue;
    const end = record.indexOf("//");
    const value = record.slice(end + 2);
    if (end < "cur/x".length || value === "") {
      throw new Error(`no record of a message: ${record.slice(0, 80)}`);
    }
    yield { path: record.slice(0, end), value };
  }
}
