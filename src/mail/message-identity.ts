import { createHash } from "node:crypto";

/** A message in a folder, by what stays when it is copied from one server to another. */
export interface MarkedMessage {
  readonly uid: number;
  /** RFC822.SIZE, bytes. */
  readonly size: number;
  /** `identityOf` its headers. */
  readonly identity: string;
}

/** The Message-ID in a header block; undefined when there is none. Folding and spaces don't count. */
export function messageIdIn(headers: Buffer): string | undefined {
  const unfolded = headers.toString("latin1").replaceAll(/\r?\n[ \t]+/g, " ");
  const found = [...unfolded.matchAll(/^message-id[ \t]*:(.*)$/gim)].map(([, value = ""]) =>
    value.replaceAll(/\s+/g, ""),
  );
  const id = found.filter((value) => value !== "").join(" ");
  return id === "" ? undefined : id;
}

/** What a message without a Message-ID is known by: a hash of all its headers, whatever ends their lines. */
export function headersHash(headers: Buffer): string {
  const lines = headers.toString("latin1").replaceAll("\r\n", "\n").trimEnd();
  return `sha256:${createHash("sha256").update(lines, "latin1").digest("hex")}`;
}

/**
 * Pairs messages that are the same: of one identity and size. Those that a folder holds several times are paired one by one,
 * in the order of their UIDs. Gives new's UIDs by old's.
 */
export function pairMessages(
  old: readonly MarkedMessage[],
  current: readonly MarkedMessage[],
): Map<number, number> {
  const waiting = new Map<string, number[]>();
  for (const message of byUid(current)) {
    const key = keyOf(message);
    const uids = waiting.get(key);
    if (uids === undefined) waiting.set(key, [message.uid]);
    else uids.push(message.uid);
  }
  const pairs = new Map<number, number>();
  for (const message of byUid(old)) {
    const found = waiting.get(keyOf(message))?.shift();
    if (found !== undefined) pairs.set(message.uid, found);
  }
  return pairs;
}

/** Equal for messages that are the same. */
export function keyOf({ identity, size }: Omit<MarkedMessage, "uid">): string {
  return `${size} ${identity}`;
}

function byUid(messages: readonly MarkedMessage[]): MarkedMessage[] {
  return messages.toSorted((one, other) => one.uid - other.uid);
}
