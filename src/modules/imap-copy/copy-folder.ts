import type { FolderPair } from "../../mail/imap-folder-map.ts";
import { pairMessages } from "../../mail/message-identity.ts";
import { sleep } from "../sleep.ts";
import type { Account } from "./accounts.ts";
import { carryMessages } from "./carry-messages.ts";
import type { CopyWork } from "./copy-work.ts";
import type { Cargo } from "./deliver.ts";
import { listMessages, markMessages, type SeenMessage } from "./list-messages.ts";
import { ConnectionLost, type MailboxPair } from "./mailbox-pair.ts";
import { type NoteFile, openNote } from "./note-file.ts";
import { refuseOneMailbox } from "./one-mailbox.ts";
import { syncFlags } from "./sync-flags.ts";

/** So often a folder is gone on with after a lost connection without one more message getting through. */
const vainAttemptsAtMost = 5;

/** Copies the messages of a folder that new lacks. A lost connection is made again, and what arrived is looked at first. */
export async function copyFolder(
  pair: MailboxPair,
  folder: FolderPair,
  account: Account,
  work: CopyWork,
): Promise<void> {
  const user = account.current.user;
  const counts = work.tally.of(user);
  const before = { ...counts };
  for (let vain = 0, copied = counts.copied; ; ) {
    try {
      await pair.attempt(() => goThrough(pair, folder, account, work));
      return;
    } catch (error) {
      work.context.signal.throwIfAborted();
      if (!(error instanceof ConnectionLost)) throw error;
      vain = counts.copied > copied ? 1 : vain + 1;
      copied = counts.copied;
      if (vain > vainAttemptsAtMost) throw error;
      work.context.notice(`${user} ${folder.name}: ${error.message}; looking at what has arrived`);
      // What is counted of the folder as a whole is counted anew.
      for (const word of ["messages", "gone", "too_large"] as const) counts[word] = before[word];
      await sleep((work.settleMs / 16) * 2 ** vain, work.context.signal);
      // A server that is not back yet is asked again: what is tried without a connection counts as lost, too.
      await pair.renew().catch(() => work.context.signal.throwIfAborted());
    }
  }
}

async function goThrough(
  pair: MailboxPair,
  folder: FolderPair,
  account: Account,
  work: CopyWork,
): Promise<void> {
  const old = await pair.old.mailboxOpen(folder.old.path, { readOnly: true });
  const isThere = !work.isDry || folder.existing?.isSelectable === true;
  const current = isThere
    ? await pair.current.mailboxOpen(folder.newPath, { readOnly: work.isDry })
    : undefined;
  const note = await openNote(account, folder, { old, current }, work);
  if (current !== undefined && note.copied.size === 0) refuseOneMailbox(pair.old, pair.current);
  try {
    await note.settle(work.isDry ? 0 : work.settleMs, work.context);
    // What arrived since the folder was opened is in its listing only behind this.
    if (current !== undefined) await pair.current.noop();
    const messages = await listMessages(pair.old);
    const there = current === undefined ? [] : await listMessages(pair.current);
    work.tally.of(account.current.user).messages += messages.length;
    const pending = await pendingMessages(pair, messages, there, note, account, work);
    if (current !== undefined && !work.isInUse)
      await syncFlags(pair, { messages, there, note, current }, account, work);
    const place = { folder, account, note };
    const wanted = leaveOutLarge(place, pending, work);
    if (work.isDry) return countForeseen(place, wanted, work);
    // Whose last APPEND has an unknown end comes last, and is looked for again right before: new may still take it in.
    const open = wanted.filter(({ uid }) => note.begun.has(uid));
    await carry(place, pair, difference(wanted, open), work);
    if (open.length === 0) return;
    await pair.current.noop();
    const now = await listMessages(pair.current);
    await carry(place, pair, await pendingMessages(pair, open, now, note, account, work), work);
  } finally {
    note.close();
  }
}

/** Old's messages that are not on new: neither noted as copied, nor found there by what they are. */
async function pendingMessages(
  pair: MailboxPair,
  messages: readonly SeenMessage[],
  there: readonly SeenMessage[],
  note: NoteFile,
  account: Account,
  { isInUse, isDry, tally, context }: CopyWork,
): Promise<SeenMessage[]> {
  const uids = new Set(there.map(({ uid }) => uid));
  if (!isInUse) for (const [uid, newUid] of [...note.copied]) if (!uids.has(newUid)) note.forget(uid);
  const noted = new Set(note.copied.values());
  const unknown = there.filter(({ uid }) => !noted.has(uid));
  const pending = messages.filter(({ uid }) => !note.copied.has(uid));
  const sizes = new Set(unknown.map(({ size }) => size));
  const alike = pending.filter(({ size }) => sizes.has(size));
  if (alike.length === 0) return pending;
  const wanted = new Set(alike.map(({ size }) => size));
  const [old, current] = await Promise.all([
    markMessages(pair.old, alike),
    markMessages(
      pair.current,
      unknown.filter(({ size }) => wanted.has(size)),
    ),
  ]);
  const found = pairMessages(old, current);
  if (found.size === 0) return pending;
  for (const [uid, newUid] of found) note.found(uid, newUid);
  tally.of(account.current.user).found += found.size;
  if (!isDry) await note.keep(context);
  return pending.filter(({ uid }) => !found.has(uid));
}

type Place = Omit<Cargo, "counts">;

/** Those that are not too large; the others are told. */
function leaveOutLarge(
  { folder, account }: Place,
  messages: readonly SeenMessage[],
  { maxMessageBytes = Number.POSITIVE_INFINITY, tally }: CopyWork,
): SeenMessage[] {
  const user = account.current.user;
  const large = messages.filter(({ size }) => size > maxMessageBytes);
  tally.of(user).too_large += large.length;
  for (const { uid, size } of large) {
    const why = `${size} bytes are more than max_message_bytes`;
    tally.leave({ user, folder: folder.name, uid, why, isFailure: false });
  }
  return difference(messages, large);
}

function countForeseen({ account }: Place, wanted: readonly SeenMessage[], { tally }: CopyWork): void {
  const counts = tally.of(account.current.user);
  counts.copied += wanted.length;
  counts.bytes += wanted.reduce((sum, { size }) => sum + size, 0);
}

async function carry(
  place: Place,
  pair: MailboxPair,
  messages: readonly SeenMessage[],
  work: CopyWork,
): Promise<void> {
  const counts = work.tally.of(place.account.current.user);
  await carryMessages(pair, messages, { ...place, counts }, work);
}

function difference(messages: readonly SeenMessage[], without: readonly SeenMessage[]): SeenMessage[] {
  const left = new Set(without);
  return messages.filter((message) => !left.has(message));
}
