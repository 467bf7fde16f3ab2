import type { ByteText } from "./byte-text.ts";

/** A line without its line feed. It is not whole when the bytes end before there is one. */
export interface SourceLine {
  readonly text: ByteText;
  readonly isWhole: boolean;
}

/** Lines and pieces of a wanted length out of pieces of any length. What is there already is had without waiting. */
export class ByteSource {
  readonly #pieces: AsyncIterator<Buffer>;
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;

  constructor(pieces: AsyncIterable<Buffer>) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  lineNow(): SourceLine | undefined {
    const end = this.#bytes.indexOf(lineFeed, this.#at);
    if (end === -1) return undefined;
    const text = this.#bytes.toString("latin1", this.#at, end);
    this.#at = end + 1;
    return { text, isWhole: true };
  }

  /** undefined at the end. */
  async line(): Promise<SourceLine | undefined> {
    for (;;) {
      const line = this.lineNow();
      if (line !== undefined) return line;
      if (await this.#more(1)) continue;
      if (this.#at === this.#bytes.length) return undefined;
      const text = this.#bytes.toString("latin1", this.#at);
      this.#at = this.#bytes.length;
      return { text, isWhole: false };
    }
  }

  takeNow(length: number): Buffer | undefined {
    if (this.#bytes.length - this.#at < length) return undefined;
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  /** undefined when there are not so many left. */
  async take(length: number): Promise<Buffer | undefined> {
    const missing = length - (this.#bytes.length - this.#at);
    if (missing > 0 && !(await this.#more(missing))) return undefined;
    return this.takeNow(length);
  }

  /** Gets at least so many more bytes, unless the source ends before. */
  async #more(wanted: number): Promise<boolean> {
    const pieces = [this.#bytes.subarray(this.#at)];
    let got = 0;
    while (got < wanted) {
      const { value, done } = await this.#pieces.next();
      if (done) break;
      pieces.push(value);
      got += value.length;
    }
    this.#bytes = Buffer.concat(pieces);
    this.#at = 0;
    return got >= wanted;
  }
}

const lineFeed = 10;
