import { type FileHandle, open } from "node:fs/promises";
import { OutputFile } from "../output-file.ts";

/** So many bytes are read of a file at once. */
export const pieceBytes = 1 << 16;

const noBytes = Buffer.alloc(0);

/** So many bytes may wait for the reader in the memory. */
const waitingBytesAtMost = 1 << 22;

/**
 * What a host sends, as one reader reads it while it comes: from the memory while the reader keeps up, then from a file on the controller. A
 * kept file holds all of it; another one only what the memory has no room for.
 */
export class GrowingFile {
  readonly #path: string;
  readonly #output: OutputFile;
  readonly #isKept: boolean;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  /** Of all that came, where the reader is and where the file begins. */
  #readBytes = 0;
  #fileBegin = 0;
  #isBehind = false;
  #hasEnded = false;
  #wake: () => void = () => {};

  /** `host` is who sends, for messages. */
  constructor(path: string, host: string, { isKept }: { readonly isKept: boolean }) {
    this.#path = path;
    this.#output = new OutputFile(path, host);
    this.#isKept = isKept;
  }

  /** For `onStdout`; throws as OutputFile does. */
  readonly take = (bytes: Buffer): void => {
    if (this.#isKept || this.#isBehind) this.#output.take(bytes);
    if (!this.#isBehind) this.#wait(bytes);
    this.#wake();
  };

  /** No more will come. */
  end(): void {
    this.#output.close();
    this.#hasEnded = true;
    this.#wake();
  }

  /** All that comes, up to the end. */
  async *read(): AsyncGenerator<Buffer> {
    const input = await open(this.#path);
    try {
      for (;;) {
        const hasEnded = this.#hasEnded;
        const more = new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        const piece = this.#isBehind ? await this.#readPiece(input) : this.#takeWaiting();
        this.#readBytes += piece.length;
        if (piece.length > 0) yield piece;
        else if (hasEnded) return;
        else await more;
      }
    } finally {
      await input.close();
    }
  }

  #wait(bytes: Buffer): void {
    // The reader takes an empty piece for the end of what has come.
    if (bytes.length === 0) return;
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (this.#waitingBytes <= waitingBytesAtMost) return;
    this.#isBehind = true;
    if (!this.#isKept) {
      this.#fileBegin = this.#readBytes;
      for (const piece of this.#waiting) this.#output.take(piece);
    }
    this.#waiting = [];
  }

  #takeWaiting(): Buffer {
    const piece = this.#waiting.shift() ?? noBytes;
    this.#waitingBytes -= piece.length;
    return piece;
  }

  async #readPiece(file: FileHandle): Promise<Buffer> {
    const piece = Buffer.allocUnsafe(pieceBytes);
    const { bytesRead } = await file.read(piece, 0, pieceBytes, this.#readBytes - this.#fileBegin);
    return piece.subarray(0, bytesRead);
  }
}
