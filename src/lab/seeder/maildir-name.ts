/** What a Maildir file's name is made of. */
export interface NameFacts {
  /** Of delivery, since 1970. */
  readonly seconds: number;
  /** Makes the name unique in its mailbox. */
  readonly number: number;
  readonly content: Buffer;
  /** Letters in order; undefined for a file in `new`, whose name has no such part. */
  readonly flags: string | undefined;
}

/** A name as Dovecot gives it, with the size on disk and the size with CRLF line ends; some as older servers gave it. */
export function plainFileName(facts: NameFacts): Buffer {
  const { seconds, number, content } = facts;
  if (number % 7 === 6) return finished(`${seconds}.${10_000 + number}.mail-old`, facts);
  const sizes = `S=${content.length},W=${virtualSize(content)}`;
  return finished(`${seconds}.M${100_000 + number}P${20_000 + (number % 9000)}.mail-old,${sizes}`, facts);
}

/**
 * A name that is legal and rare, for the first messages of the second user: one of 200 bytes and more, bytes that are
 * no UTF-8, a leading dash, blanks and quotes with a shell word. undefined for all other messages.
 */
export function oddFileName(user: number, number: number, facts: NameFacts): Buffer | undefined {
  if (user !== 1) return undefined;
  const start = `${facts.seconds}.M${number}P1`;
  switch (number) {
    case 0:
      return finished(`${start}.${"a-very-long-host-name.".repeat(10)}example`.slice(0, 240), facts);
    case 1:
      return Buffer.concat([Buffer.from(`${start}.h`), Buffer.from([0xff, 0xe4]), finished("", facts)]);
    case 2:
      return finished(`-${start}.mail-old`, facts);
    case 3:
      return finished(`${start}.it's "$(touch pwned)" {{ here }}`, facts);
    default:
      return undefined;
  }
}

function finished(base: string, { flags }: NameFacts): Buffer {
  return Buffer.from(flags === undefined ? base : `${base}:2,${flags}`);
}

/** The size that IMAP tells: every line end counts as CRLF. */
function virtualSize(content: Buffer): number {
  let size = content.length;
  for (let at = content.indexOf(10); at >= 0; at = content.indexOf(10, at + 1)) {
    if (at === 0 || content[at - 1] !== 13) size += 1;
  }
  return size;
}
