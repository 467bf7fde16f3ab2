import type { ByteText } from "./byte-text.ts";

/** The records of one folder's `cur` and `new`, without the folder's path, while they come in. */
export class MessageRecords {
  /** Ends in a slash: `./example.org/john/Maildir/cur/`. */
  readonly directory: ByteText;
  readonly owners = new Map<string, number>();
  count = 0;
  sizeBytes = 0;
  /** The first file whose hash is not there. */
  unhashed: ByteText | undefined;
  readonly #prefix: Buffer;
  #bytes: Buffer = Buffer.allocUnsafe(1024);
  #length = 0;
  #hashedAt = 0;
  #hashedLength = -1;

  constructor(directory: ByteText) {
    this.directory = directory;
    this.#prefix = Buffer.from(directory, "latin1");
  }

  /** The records so far. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /**
   * Takes the record `PATH//VALUE` from `from` to its NUL at `end`, where `slashes` is the place of the two. Gives false
   * for one of another directory. `owner` is whose it is when the record says nothing of it.
   */
  take(source: Buffer, from: number, slashes: number, end: number, owner: string): boolean {
    const nameAt = from + this.#prefix.length;
    if (nameAt >= slashes || this.#prefix.compare(source, from, nameAt) !== 0) return false;
    // "cur/" or "new/" belongs to the record.
    const start = nameAt - 4;
    const at = this.#append(source, start, end + 1);
    if (source[slashes + 2] === hashMark) {
      this.#hashedAt = at;
      this.#hashedLength = slashes - start;
      return true;
    }
    const isFile = this.#count(source, slashes + 2, end, owner);
    if (isFile && this.unhashed === undefined && !this.#isHashed(at, slashes - start)) {
      this.unhashed = source.toString("latin1", from, slashes);
    }
    return true;
  }

  /** Counts the message of `SIZE` or `SIZE OWNERTYPE`. Gives whether it is a file. */
  #count(source: Buffer, from: number, end: number, owner: string): boolean {
    let size = 0;
    let at = from;
    for (; at < end; at += 1) {
      const digit = (source[at] ?? 0) - digit0;
      if (digit < 0 || digit > 9) break;
      size = size * 10 + digit;
    }
    if (at === from) throw new Error("ledger scan: a message without a size");
    this.count += 1;
    this.sizeBytes += size;
    const whose = at === end ? owner : source.toString("latin1", at + 1, end - 1);
    this.owners.set(whose, (this.owners.get(whose) ?? 0) + 1);
    return at === end || source[end - 1] === letterF;
  }

  #isHashed(at: number, length: number): boolean {
    if (length !== this.#hashedLength) return false;
    const path = this.#bytes.subarray(this.#hashedAt, this.#hashedAt + length);
    return path.compare(this.#bytes, at, at + length) === 0;
  }

  #append(source: Buffer, from: number, to: number): number {
    const at = this.#length;
    const length = at + to - from;
    if (length > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(length, 2 * this.#bytes.length));
      this.#bytes.copy(larger, 0, 0, at);
      this.#bytes = larger;
    }
    source.copy(this.#bytes, at, from, to);
    this.#length = length;
    return at;
  }
}

const digit0 = 48;
const hashMark = 35;
const letterF = 102;
