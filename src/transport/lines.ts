/** Of a longer line the rest is passed over: one without an end does not fill the memory. */
const longestLineBytes = 1024 * 1024;

/** Cuts a byte stream into lines of text. A line ends with a line feed, a carriage return, or both. */
export class LineSplitter {
  readonly #onLine: (line: string) => void;
  /** The pieces of a line that has not ended. */
  #open: Buffer[] = [];
  #openBytes = 0;
  #afterReturn = false;

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(chunk: Buffer): void {
    let begin = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at];
      if (byte !== lineFeed && byte !== carriageReturn) continue;
      const closesReturn = byte === lineFeed && this.#endsWithReturn(at, begin);
      if (!closesReturn) this.#emit(chunk.subarray(begin, at));
      begin = at + 1;
      this.#afterReturn = byte === carriageReturn;
    }
    const rest = chunk.subarray(begin);
    if (rest.length === 0) return;
    this.#afterReturn = false;
    this.#hold(rest);
  }

  /** Gives out a last line that has no end. */
  end(): void {
    if (this.#openBytes > 0) this.#emit(Buffer.alloc(0));
  }

  #endsWithReturn(at: number, begin: number): boolean {
    return this.#afterReturn && at === begin && this.#openBytes === 0;
  }

  #emit(end: Buffer): void {
    this.#hold(end);
    const line = Buffer.concat(this.#open).toString("utf8");
    this.#open = [];
    this.#openBytes = 0;
    this.#onLine(line);
  }

  #hold(bytes: Buffer): void {
    const kept = bytes.subarray(0, longestLineBytes - this.#openBytes);
    if (kept.length === 0) return;
    this.#open.push(kept);
    this.#openBytes += kept.length;
  }
}

const lineFeed = 10;
const carriageReturn = 13;
