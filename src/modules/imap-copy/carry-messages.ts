import type { ImapFlow } from "imapflow";
import type { FolderPair } from "../../mail/imap-folder-map.ts";
import type { Account } from "./accounts.ts";
import type { CopyWork } from "./copy-work.ts";
import { type SeenMessage, uidRanges } from "./list-messages.ts";
import { MailboxFull } from "./mailbox-full.ts";
import { MailboxPair } from "./mailbox-pair.ts";
import type { NoteFile } from "./note-file.ts";
import type { Counts } from "./tally.ts";

/** A folder whose messages are on their way. */
export interface Cargo {
  readonly folder: FolderPair;
  readonly account: Account;
  readonly note: NoteFile;
  readonly counts: Counts;
}

/** A load is fetched by one command. */
const loadMessages = 64;
const loadBytes = 8 * 1024 ** 2;

/**
 * Copies messages through this pair of connections, and through further ones while there are places for them. A connection
 * that is lost ends all: whoever calls looks at what arrived.
 */
export async function carryMessages(
  lead: MailboxPair,
  messages: readonly SeenMessage[],
  cargo: Cargo,
  work: CopyWork,
): Promise<void> {
  const loads = loadsOf(messages);
  const helping: Promise<void>[] = [];
  let failure: unknown;
  let mayHelp = true;

  const carryLoads = async (pair: MailboxPair): Promise<void> => {
    while (failure === undefined) {
      if (mayHelp && loads.length > 1 && helping.length + 1 < work.pairsPerUser && work.places.takeSpare()) {
        helping.push(help());
      }
      const load = loads.shift();
      if (load === undefined) return;
      try {
        await pair.attempt(() => carryLoad(pair, load, cargo, work));
      } catch (error) {
        failure ??= error;
      }
    }
  };

  const help = async (): Promise<void> => {
    let pair: MailboxPair | undefined;
    try {
      pair = await openAt(cargo, work);
    } catch (error) {
      // A server may allow fewer connections; the first one goes on alone.
      mayHelp = false;
      work.context.notice(
        `${cargo.account.current.user}: no further connection: ${(error as Error).message}`,
      );
    }
    try {
      if (pair !== undefined) await carryLoads(pair);
    } finally {
      await pair?.close();
      work.places.give();
    }
  };

  await carryLoads(lead);
  for (let at = 0; at < helping.length; at++) await helping[at];
  if (failure !== undefined) throw failure;
}

async function openAt({ account, folder }: Cargo, { servers }: CopyWork): Promise<MailboxPair> {
  const pair = await MailboxPair.open(servers, account);
  try {
    await pair.old.mailboxOpen(folder.old.path, { readOnly: true });
    await pair.current.mailboxOpen(folder.newPath);
    return pair;
  } catch (error) {
    pair.drop();
    throw error;
  }
}

function loadsOf(messages: readonly SeenMessage[]): SeenMessage[][] {
  const loads: SeenMessage[][] = [];
  let load: SeenMessage[] = [];
  let bytes = 0;
  for (const message of messages) {
    if (load.length > 0 && (load.length === loadMessages || bytes + message.size > loadBytes)) {
      loads.push(load);
      load = [];
      bytes = 0;
    }
    load.push(message);
    bytes += message.size;
  }
  return load.length === 0 ? loads : [...loads, load];
}

/** While new takes one message in, the next ones come from old: the connection holds them. */
async function carryLoad(
  { old, current }: MailboxPair,
  load: readonly SeenMessage[],
  cargo: Cargo,
  { pace, tally, context }: CopyWork,
): Promise<void> {
  const { folder, account, counts } = cargo;
  const left = new Set(load.map(({ uid }) => uid));
  const query = { uid: true, flags: true, internalDate: true, source: true };
  for (const range of uidRanges([...left])) {
    for await (const { uid, source, flags, internalDate } of old.fetch(range, query, { uid: true })) {
      // Servers tell of flags that change meanwhile, too.
      if (source === undefined || !left.delete(uid)) continue;
      await pace.wait(source.length, context.signal);
      const why = await append(
        current,
        { uid, source, flags: [...(flags ?? [])], internalDate },
        cargo,
        context,
      );
      if (why !== undefined) {
        tally.leave({ user: account.current.user, folder: folder.name, uid, why, isFailure: true });
        continue;
      }
      const { messages, bytes } = tally.carry(account.current.user, source.length);
      context.progress({
        ...{ doneItems: messages, doneBytes: bytes, unit: "messages", text: account.current.user },
      });
    }
  }
  if (old.usable) counts.gone += left.size;
}

interface Letter {
  readonly uid: number;
  readonly source: Buffer;
  readonly flags: readonly string[];
  readonly internalDate: Date | string | undefined;
}

/** Gives why new does not take it; undefined when it has. Throws when nobody knows, and when it will take no other either. */
async function append(
  client: ImapFlow,
  { uid, source, flags, internalDate }: Letter,
  { folder, note }: Cargo,
  context: CopyWork["context"],
): Promise<string | undefined> {
  await note.begin(uid, context);
  try {
    const answer = await client.append(folder.newPath, source, [...flags], internalDate);
    if (!answer) throw new Error("new's connection is gone");
    // Without UIDPLUS the library guesses the UID, and other connections add messages, too.
    note.end(uid, client.capabilities.has("UIDPLUS") ? answer.uid : undefined);
    return undefined;
  } catch (error) {
    const { responseStatus, responseText, serverResponseCode, message } = error as {
      readonly responseStatus?: string;
      readonly responseText?: string;
      readonly serverResponseCode?: string;
      readonly message: string;
    };
    const isRefused = client.usable && (responseStatus !== undefined || serverResponseCode === "APPENDLIMIT");
    if (!isRefused) throw error;
    note.refuse(uid);
    const why = responseText ?? message;
    if (serverResponseCode === "OVERQUOTA") throw new MailboxFull(`new takes no more: ${why}`);
    if (serverResponseCode === "TRYCREATE") throw new Error(`the folder is gone: ${why}`);
    return why;
  }
}
