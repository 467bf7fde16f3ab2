/** Cuts a byte stream into lines of text. A line ends with a line feed, a carriage return, or both. */
export class LineSplitter {
  readonly #onLine: (line: string) => void;
  #open: Buffer = Buffer.alloc(0);
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
    this.#open = Buffer.concat([this.#open, rest]);
  }

  /** Gives out a last line that has no end. */
  end(): void {
    if (this.#open.length > 0) this.#emit(Buffer.alloc(0));
  }

  #endsWithReturn(at: number, begin: number): boolean {
    return this.#afterReturn && at === begin && this.#open.length === 0;
  }

  #emit(end: Buffer): void {
    const line = Buffer.concat([this.#open, end]).toString("utf8");
    this.#open = Buffer.alloc(0);
    this.#onLine(line);
  }
}

const lineFeed = 10;
const carriageReturn = 13;
