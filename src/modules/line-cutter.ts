/**
 * Cuts bytes that come in pieces into lines of UTF-8. A line is cut at its end only, so that what somebody wrote far out
 * in a long one never stands at the beginning of another.
 */
export class LineCutter {
  readonly #take: (line: string) => void;
  readonly #longestLine: number;
  /** One character a byte: a piece may end within a letter. */
  #rest = "";

  /** Of a line that is longer than `longestLine` (bytes) the rest is passed over. */
  constructor(take: (line: string) => void, longestLine = 16 * 1024) {
    this.#take = take;
    this.#longestLine = longestLine;
  }

  feed(chunk: Buffer): void {
    const [first = "", ...lines] = chunk.toString("latin1").split("\n");
    this.#add(first);
    for (const line of lines) {
      this.#hand();
      this.#add(line);
    }
  }

  /** Hands on what has no line end. */
  end(): void {
    if (this.#rest !== "") this.#hand();
  }

  #hand(): void {
    const line = this.#rest;
    this.#rest = "";
    this.#take(/^[\0-\x7f]*$/.test(line) ? line : Buffer.from(line, "latin1").toString("utf8"));
  }

  #add(text: string): void {
    const room = this.#longestLine - this.#rest.length;
    if (room > 0) this.#rest += text.slice(0, room);
  }
}
