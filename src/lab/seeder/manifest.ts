import type { Recipient } from "../sender/options.ts";
import { type MailboxState, stateAfter } from "./imap-actions.ts";
import { passwordOf, type SeedPassword } from "./passwords.ts";
import { type PlannedAlias, type PlannedUser, recipientsOf, type SeedSize } from "./plan.ts";
import { countState, type SeedScript } from "./script.ts";

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

/** Describes a host on which the script was performed. */
export function describeSeeding(
  script: SeedScript,
  passwords: readonly SeedPassword[],
  done: Pick<SeedManifest, "spamTraining" | "webmailUsers">,
): SeedManifest {
  const { plan } = script;
  const users = plan.users.map((user) => describeUser(user, script, passwords));
  const messages = users.reduce((sum, user) => sum + countMessages(user), 0);
  const recipients = recipientsOf(plan);
  return { version: 1, size: plan.size, users, aliases: plan.aliases, recipients, messages, ...done };
}

function describeUser(
  { index, address, quota, kind, volume }: PlannedUser,
  { letters, stories, sieve }: SeedScript,
  passwords: readonly SeedPassword[],
): SeededUser {
  const { plain, scheme } = passwordOf(passwords, index);
  const sieveScripts = sieve.flatMap((one) => (one.user === address ? [one.name] : []));
  const delivered = letters.idsFor(address);
  const imap = stateAfter(stories[index] ?? []);
  return { address, password: plain, scheme, quota, kind, delivered, imap, volume, sieveScripts };
}

function countMessages(user: SeededUser): number {
  return user.delivered.length + countState(user.imap) + user.volume;
}
