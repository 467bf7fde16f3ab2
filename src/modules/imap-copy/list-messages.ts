import type { ImapFlow } from "imapflow";
import { headersHash, type MarkedMessage, messageIdIn } from "../../mail/message-identity.ts";

/** A message as a listing of its folder shows it. */
export interface SeenMessage {
  readonly uid: number;
  /** RFC822.SIZE, bytes. */
  readonly size: number;
  /** Without `\Recent`, which nobody can set. */
  readonly flags: readonly string[];
}

/** All messages of the folder that is open, in the order of their UIDs. */
export async function listMessages(client: ImapFlow): Promise<SeenMessage[]> {
  const seen: SeenMessage[] = [];
  if (!client.mailbox || client.mailbox.exists === 0) return seen;
  for await (const { uid, size = 0, flags } of client.fetch("1:*", { uid: true, size: true, flags: true })) {
    seen.push({ uid, size, flags: settableFlags(flags) });
  }
  return seen.sort((one, other) => one.uid - other.uid);
}

/** Finds out what messages of the open folder are known by on any server. */
export async function markMessages(
  client: ImapFlow,
  messages: readonly SeenMessage[],
): Promise<MarkedMessage[]> {
  const marked: MarkedMessage[] = [];
  const sizes = new Map(messages.map(({ uid, size }) => [uid, size]));
  const without: number[] = [];
  const keep = (uid: number, identity: string) => marked.push({ uid, identity, size: sizes.get(uid) ?? 0 });
  for (const range of uidRanges([...sizes.keys()])) {
    const query = { uid: true, headers: ["message-id"] };
    for await (const { uid, headers } of client.fetch(range, query, { uid: true })) {
      const id = messageIdIn(headers ?? Buffer.alloc(0));
      if (id === undefined) without.push(uid);
      else keep(uid, id);
    }
  }
  for (const range of uidRanges(without)) {
    for await (const { uid, headers } of client.fetch(range, { uid: true, headers: true }, { uid: true })) {
      keep(uid, headersHash(headers ?? Buffer.alloc(0)));
    }
  }
  return marked;
}

/** UIDs as IMAP writes sets of them, so many in each that a command line stays short. */
export function uidRanges(uids: readonly number[], atOnce = 500): string[] {
  const sorted = uids.toSorted((one, other) => one - other);
  const sets: string[] = [];
  for (let at = 0; at < sorted.length; at += atOnce) sets.push(uidSet(sorted.slice(at, at + atOnce)));
  return sets;
}

function uidSet(sorted: readonly number[]): string {
  const parts: string[] = [];
  for (let from = 0; from < sorted.length; ) {
    let to = from;
    while (sorted[to + 1] === (sorted[to] ?? 0) + 1) to++;
    parts.push(from === to ? `${sorted[from]}` : `${sorted[from]}:${sorted[to]}`);
    from = to + 1;
  }
  return parts.join(",");
}

/** System flags are the same in any case of letters, and so are keywords to most servers; these keep theirs. */
function settableFlags(flags: ReadonlySet<string> | undefined): string[] {
  const settable = [...(flags ?? [])].filter((flag) => flag.toLowerCase() !== "\\recent");
  return settable
    .map((flag) =>
      flag.startsWith("\\") ? flag.toLowerCase().replace(/^\\./, (start) => start.toUpperCase()) : flag,
    )
    .sort();
}
