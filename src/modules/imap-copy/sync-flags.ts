import type { ImapFlow, MailboxObject } from "imapflow";
import type { Account } from "./accounts.ts";
import type { CopyWork } from "./copy-work.ts";
import { type SeenMessage, uidRanges } from "./list-messages.ts";
import type { MailboxPair } from "./mailbox-pair.ts";
import type { NoteFile } from "./note-file.ts";

interface FlaggedFolder {
  readonly messages: readonly SeenMessage[];
  readonly there: readonly SeenMessage[];
  readonly note: NoteFile;
  readonly current: MailboxObject;
}

/** Gives messages that were copied before the flags that old has by now. */
export async function syncFlags(
  pair: MailboxPair,
  { messages, there, note, current }: FlaggedFolder,
  account: Account,
  { isDry, tally }: CopyWork,
): Promise<void> {
  const seen = new Map(there.map((message) => [message.uid, message]));
  const wanted = new Map<string, { readonly flags: readonly string[]; readonly uids: number[] }>();
  for (const { uid, flags } of messages) {
    const copy = seen.get(note.copied.get(uid) ?? 0);
    if (copy === undefined) continue;
    const kept = isDry ? flags : keptFlags(flags, current);
    const key = kept.join(" ");
    if (key === copy.flags.join(" ")) continue;
    const group = wanted.get(key) ?? { flags: kept, uids: [] };
    group.uids.push(copy.uid);
    wanted.set(key, group);
  }
  for (const { flags, uids } of wanted.values()) {
    if (!isDry) await setFlags(pair.current, uids, flags);
    tally.of(account.current.user).flags_changed += uids.length;
  }
}

/** Those that a folder can keep: a server may know no keywords, or no more of them. */
export function keptFlags(flags: readonly string[], { permanentFlags }: MailboxObject): string[] {
  if (permanentFlags === undefined || permanentFlags.has("\\*")) return [...flags];
  return flags.filter((flag) => permanentFlags.has(flag));
}

async function setFlags(client: ImapFlow, uids: readonly number[], flags: readonly string[]): Promise<void> {
  for (const range of uidRanges(uids)) {
    if (await client.messageFlagsSet(range, [...flags], { uid: true, silent: true })) continue;
    throw new Error(`the server does not take the flags "${flags.join(" ")}" for UID ${range}`);
  }
}
