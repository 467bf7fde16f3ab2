/** A recipient of a message in qmail's queue that has not been delivered yet. */
export interface QmailRecipient {
  readonly channel: "local" | "remote";
  /** A local one of a virtual domain has the domain's prefix: `example-alice@example.org`. */
  readonly address: string;
}

/** One message of the queue, as `qmail-qread` tells of it. */
export interface QmailMessage {
  /** The name of its file, an inode's number. */
  readonly id: string;
  /** When it was first looked at, in seconds since 1970. */
  readonly queuedAt: number;
  readonly sizeBytes: number;
  readonly sender: string;
  /** Those that are still to be delivered. */
  readonly recipients: readonly QmailRecipient[];
}

/**
 * Reads what `qmail-qread` prints: a line for each message, `20 Nov 2026 12:00:00 GMT  #123  678  <a@example.org> `, and
 * one for each of its recipients, `	remote	b@example.com`, with `  done` before it once it is delivered. Throws for what is none
 * of them, as its own `warning:` lines: a queue that can't be read whole is no empty one.
 */
export function parseQmailQueue(listing: string): QmailMessage[] {
  const messages: (QmailMessage & { recipients: QmailRecipient[] })[] = [];
  for (const line of listing.split("\n")) {
    if (line === "") continue;
    const [, date = "", id = "", size = "", sender = ""] =
      /^(\d+ \w{3} \d{4} \d\d:\d\d:\d\d GMT) {2}#(\d+) {2}(\d+) {2}<(.*)> (?: bouncing)?$/.exec(line) ?? [];
    const queuedAt = Date.parse(date) / 1000;
    if (id !== "" && !Number.isNaN(queuedAt)) {
      messages.push({ id, queuedAt, sizeBytes: Number(size), sender, recipients: [] });
      continue;
    }
    const [, done, channel, address = ""] = /^( {2}done)?\t(local|remote)\t(.*)$/.exec(line) ?? [];
    const message = messages.at(-1);
    if (channel === undefined || message === undefined) throw new Error(`qmail-qread says: ${line}`);
    if (done === undefined)
      message.recipients.push({ channel: channel === "local" ? "local" : "remote", address });
  }
  return messages;
}

/**
 * How many messages wait for qmail-send to look at them, by what `qmail-qstat` prints: qmail-qread does not list those.
 * Throws when it does not say.
 */
export function parseUnprocessed(status: string): number {
  const [, count] = /^messages in queue but not yet preprocessed: (\d+)$/m.exec(status) ?? [];
  if (count === undefined) throw new Error(`qmail-qstat says: ${status.trim()}`);
  return Number(count);
}
