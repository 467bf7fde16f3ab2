import type { ByteText } from "./byte-text.ts";
import type { FolderPlace } from "./maildir-folder.ts";

/** The hash functions a ledger may be taken with. */
export type LedgerHash = "sha256" | "blake2b" | "blake3" | "xxh128";

/** What a ledger says of itself, in its first line. */
export interface LedgerHead {
  /** The inventory's name of the host it was taken on. */
  readonly host: string;
  /** The mail root on that host. */
  readonly root: string;
  readonly hash: LedgerHash | "none";
  /** When the ledger was taken whose hashes it holds of the messages that were in it already; left out when all were made anew. */
  readonly hashesSince?: string | undefined;
  /** ISO 8601. */
  readonly takenAt: string;
}

/** One message. */
export interface LedgerMessage {
  readonly base: ByteText;
  readonly size: number;
  /** Maildir flag letters in order. */
  readonly flags: string;
  /** Keyword names in order, with blanks between them. */
  readonly keywords: ByteText;
  /** undefined for a message that no IMAP client has seen yet. */
  readonly uid: number | undefined;
  /** What Dovecot knows the message by in every format of mailbox; the base name where it is left out. */
  readonly guid?: ByteText | undefined;
  /** What POP3 shows the message by where that was kept; otherwise Dovecot makes it of other things. */
  readonly uidl?: ByteText | undefined;
  /** Lower-case hex digits; undefined when the ledger is without hashes. */
  readonly hash: string | undefined;
}

/** One folder with its messages in order of their base names. */
export interface LedgerFolder extends FolderPlace {
  readonly uidValidity: number | undefined;
  readonly nextUid: number | undefined;
  /** Clients may know its messages by UIDs all the same. */
  readonly hidesUids?: boolean;
  /** The Maildir's subscribed folders by the parts of their names; only ever with INBOX. */
  readonly subscriptions: readonly (readonly ByteText[])[];
  readonly messages: readonly LedgerMessage[];
}

/** A file beside the messages that can't be rebuilt: a sieve script, an ACL, a password. */
export interface LedgerFile {
  /** Relative to the mail root. */
  readonly path: ByteText;
  readonly type: "file" | "link" | "other";
  readonly size: number;
  /** The SHA-256 of a file, where a link points. */
  readonly content: ByteText;
}

/** The counts of a whole ledger, in its last line: without them a ledger was cut short. */
export interface LedgerSummary {
  readonly mailboxes: number;
  readonly folders: number;
  readonly messages: number;
  readonly bytes: number;
  readonly otherFiles: number;
  /** How many messages belong to each owner. */
  readonly owners: Readonly<Record<string, number>>;
  /** How many folders lie as Maildir++ or LAYOUT=fs wants; INBOX says nothing. */
  readonly layouts: Readonly<Record<string, number>>;
}

/**
 * What both ledgers are ordered by: folders by the bytes of their path with a slash at its end. It does not matter
 * where a Maildir ends and its folder begins.
 */
export function folderKey({ maildir, directory }: FolderPlace): ByteText {
  const path = maildir === "" || directory === "" ? maildir + directory : `${maildir}/${directory}`;
  return path === "" ? "" : `${path}/`;
}
