import type { CopyWork } from "./copy-work.ts";
import { type Cargo, deliver, type Letter } from "./deliver.ts";
import { type SeenMessage, uidRanges } from "./list-messages.ts";
import { MailboxPair } from "./mailbox-pair.ts";

/** A load is fetched by one command. */
const loadMessages = 64;
const loadBytes = 8 * 1024 ** 2;

/** So much of a load goes to new at once. */
const batchMessages = 32;
const batchBytes = 1024 ** 2;

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

/** While new takes some messages in, the next ones come from old. */
async function carryLoad(
  pair: MailboxPair,
  load: readonly SeenMessage[],
  cargo: Cargo,
  work: CopyWork,
): Promise<void> {
  const left = new Set(load.map(({ uid }) => uid));
  const largest = Math.min(batchBytes, work.pace.bytesAtOnce);
  let underWay = Promise.resolve();
  let batch: Letter[] = [];
  let bytes = 0;
  const send = async (): Promise<void> => {
    await underWay;
    underWay = deliver(pair.current, batch, cargo, work);
    // It is waited for below; until then it must not end the process.
    underWay.catch(() => {});
    batch = [];
    bytes = 0;
  };
  try {
    for await (const letter of fetchLetters(pair, left)) {
      if (batch.length === batchMessages || bytes + letter.source.length > largest) await send();
      batch.push(letter);
      bytes += letter.source.length;
    }
    await send();
  } finally {
    await underWay;
  }
  if (pair.old.usable) cargo.counts.gone += left.size;
}

/** Takes from `left` what it gives. */
async function* fetchLetters({ old }: MailboxPair, left: Set<number>): AsyncGenerator<Letter> {
  const query = { uid: true, flags: true, internalDate: true, source: true };
  for (const range of uidRanges([...left])) {
    for await (const { uid, source, flags, internalDate } of old.fetch(range, query, { uid: true })) {
      // Servers tell of flags that change meanwhile, too.
      if (source === undefined || !left.delete(uid)) continue;
      yield { uid, source, flags: [...(flags ?? [])], internalDate };
    }
  }
}
