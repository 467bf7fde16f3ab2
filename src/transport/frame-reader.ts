/** Takes the bytes before a marker. */
export type Sink = (bytes: Buffer) => void;

interface Search {
  readonly marker: Buffer;
  readonly sink: Sink;
  readonly found: (rest: string | undefined) => void;
}

/** How much is kept of what nobody has asked for yet. */
const heldBytesAtMost = 8 * 1024 * 1024;
/** What stands behind a marker is a number. */
const restBytesAtMost = 64;

/**
 * Cuts a byte stream at markers. A marker is a random word, so that no output can hold it by chance, and ends
 * with a line end. What stands before it may be any bytes and reaches the sink unchanged, as it comes.
 * A host that keeps sending where nothing is to come could fill the memory: its stream counts as ended.
 */
export class FrameReader {
  #held: Buffer = Buffer.alloc(0);
  #search: Search | undefined;
  #ended = false;

  /** Gives all bytes up to `marker` to `sink`; resolves with the text between marker and line end, undefined when the stream ends before. */
  until(marker: string, sink: Sink): Promise<string | undefined> {
    return new Promise((found) => {
      this.#search = { marker: Buffer.from(marker, "latin1"), sink, found };
      this.#look();
    });
  }

  push(chunk: Buffer): void {
    if (this.#ended) return;
    this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    this.#look();
  }

  end(): void {
    this.#ended = true;
    this.#look();
  }

  #look(): void {
    const search = this.#search;
    if (search === undefined) {
      if (this.#held.length > heldBytesAtMost) this.#ended = true;
      return;
    }
    const at = this.#held.indexOf(search.marker);
    if (at < 0) this.#release(search, this.#held.length - openTail(this.#held, search.marker));
    else {
      this.#release(search, at);
      this.#finish(search);
    }
    if (this.#ended && this.#search === search) this.#resolve(search, undefined);
  }

  /** Hands the first `length` bytes on. */
  #release(search: Search, length: number): void {
    if (length === 0) return;
    const bytes = this.#held.subarray(0, length);
    this.#held = this.#held.subarray(length);
    search.sink(bytes);
  }

  /** The marker begins the held bytes: done as soon as its line has ended. */
  #finish(search: Search): void {
    const lineEnd = this.#held.indexOf(10, search.marker.length);
    const length = (lineEnd < 0 ? this.#held.length : lineEnd) - search.marker.length;
    const isTooLong = length > restBytesAtMost;
    if (isTooLong) this.#ended = true;
    if (lineEnd < 0 || isTooLong) return;
    const rest = this.#held.toString("latin1", search.marker.length, lineEnd);
    this.#held = this.#held.subarray(lineEnd + 1);
    this.#resolve(search, rest);
  }

  #resolve(search: Search, rest: string | undefined): void {
    if (rest === undefined) this.#release(search, this.#held.length);
    this.#search = undefined;
    search.found(rest);
  }
}

/** How many of the last bytes might be the beginning of the marker. */
function openTail(bytes: Buffer, marker: Buffer): number {
  const longest = Math.min(bytes.length, marker.length - 1);
  for (let length = longest; length > 0; length -= 1) {
    if (bytes.subarray(bytes.length - length).equals(marker.subarray(0, length))) return length;
  }
  return 0;
}
