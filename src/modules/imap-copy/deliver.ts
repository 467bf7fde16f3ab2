import type { ImapFlow } from "imapflow";
import type { FolderPair } from "../../mail/imap-folder-map.ts";
import type { Account } from "./accounts.ts";
import { appendTogether, goesTogether } from "./append-together.ts";
import type { CopyWork } from "./copy-work.ts";
import { MailboxFull } from "./mailbox-full.ts";
import type { NoteFile } from "./note-file.ts";
import type { Counts } from "./tally.ts";

/** A folder whose messages are on their way. */
export interface Cargo {
  readonly folder: FolderPair;
  readonly account: Account;
  readonly note: NoteFile;
  readonly counts: Counts;
}

/** A message as old gave it. */
export interface Letter {
  readonly uid: number;
  readonly source: Buffer;
  readonly flags: readonly string[];
  readonly internalDate: Date | string | undefined;
}

/**
 * Appends messages to new in their order: by one command where it can, one by one where it refuses that. What new does not take is
 * told in the tally. Throws when nobody knows what became of a message, and when new will take no other either.
 */
export async function deliver(
  client: ImapFlow,
  letters: readonly Letter[],
  cargo: Cargo,
  work: CopyWork,
): Promise<void> {
  if (letters.length > 1 && goesTogether(client, letters) && (await appendAll(client, letters, cargo, work)))
    return;
  for (const letter of letters) await appendOne(client, letter, cargo, work);
}

/** False when new refused; then it has kept none of them (RFC 3502). */
async function appendAll(
  client: ImapFlow,
  letters: readonly Letter[],
  cargo: Cargo,
  work: CopyWork,
): Promise<boolean> {
  const { folder, note } = cargo;
  const uids = letters.map(({ uid }) => uid);
  await work.pace.wait(bytesOf(letters), work.context.signal);
  await note.begin(uids, work.context);
  try {
    const newUids = await appendTogether(client, folder.newPath, letters);
    note.end(uids.map((uid, index) => [uid, newUids?.[index]]));
  } catch (error) {
    if (refusalOf(client, error) === undefined) throw error;
    note.refuse(uids);
    return false;
  }
  tell(letters, cargo, work);
  return true;
}

async function appendOne(client: ImapFlow, letter: Letter, cargo: Cargo, work: CopyWork): Promise<void> {
  const { folder, note, account } = cargo;
  const { uid, source, flags, internalDate } = letter;
  await work.pace.wait(source.length, work.context.signal);
  await note.begin([uid], work.context);
  try {
    const answer = await client.append(folder.newPath, source, [...flags], internalDate);
    if (!answer) throw new Error("the server's connection is gone");
    // Without UIDPLUS the library guesses the UID, and other connections add messages, too.
    note.end([[uid, client.capabilities.has("UIDPLUS") ? answer.uid : undefined]]);
  } catch (error) {
    const refusal = refusalOf(client, error);
    if (refusal === undefined) throw error;
    note.refuse([uid]);
    const { why, code } = refusal;
    if (code === "OVERQUOTA") throw new MailboxFull(`the server takes no more: ${why}`);
    if (code === "TRYCREATE") throw new Error(`the folder is gone: ${why}`);
    work.tally.leave({ user: account.current.user, folder: folder.name, uid, why, isFailure: true });
    return;
  }
  tell([letter], cargo, work);
}

/** Why new does not take what it was sent; undefined where an error says nothing about that. */
function refusalOf(
  client: ImapFlow,
  error: unknown,
): { readonly why: string; readonly code: string | undefined } | undefined {
  const { responseStatus, responseText, serverResponseCode, message } = error as {
    readonly responseStatus?: string;
    readonly responseText?: string;
    readonly serverResponseCode?: string;
    readonly message: string;
  };
  const isRefused = client.usable && (responseStatus !== undefined || serverResponseCode === "APPENDLIMIT");
  return isRefused ? { why: responseText ?? message, code: serverResponseCode } : undefined;
}

function tell(letters: readonly Letter[], { account }: Cargo, { tally, context }: CopyWork): void {
  const { user } = account.current;
  const { messages, bytes } = tally.carry(user, letters.length, bytesOf(letters));
  context.progress({ doneItems: messages, doneBytes: bytes, unit: "messages", text: user });
}

function bytesOf(letters: readonly Letter[]): number {
  return letters.reduce((sum, { source }) => sum + source.length, 0);
}
