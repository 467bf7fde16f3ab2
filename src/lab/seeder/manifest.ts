import type { Recipient } from "../sender/options.ts";
import type { MailboxState } from "./imap-actions.ts";
import type { PlannedAlias, SeedSize } from "./plan.ts";

/** What was made, as JSON, for tests to compare with. */
export interface SeedManifest {
  readonly version: 1;
  readonly size: SeedSize;
  readonly users: readonly SeededUser[];
  readonly aliases: readonly PlannedAlias[];
  /** All addresses that mail can be sent to, with the mailboxes it ends in. */
  readonly recipients: readonly Recipient[];
  /** In all mailboxes, copies counted. */
  readonly messages: number;
  /** Messages that Rspamd has learned, and users of Roundcube that were made; 0 where the program is missing. */
  readonly spamTraining: number;
  readonly webmailUsers: number;
}

export interface SeededUser {
  readonly address: string;
  readonly password: string;
  readonly scheme: string;
  readonly quota: number;
  readonly kind: "rich" | "volume" | "untouched";
  /** Message-IDs of what came by SMTP and LMTP; in INBOX, or where a Sieve script put it. */
  readonly delivered: readonly string[];
  /** What was done by IMAP has left this. Other messages may lie in the same folders. */
  readonly imap: MailboxState;
  /** Messages written as Maildir files. */
  readonly volume: number;
  readonly sieveScripts: readonly string[];
}
