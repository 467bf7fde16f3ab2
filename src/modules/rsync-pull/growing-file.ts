import { type FileHandle, open } from "node:fs/promises";
import { OutputFile } from "../output-file.ts";

/** So many bytes are read of a file at once. */
export const pieceBytes = 1 << 16;

/** So many bytes may wait for the reader in the memory. */
const waitingBytesAtMost = 1 << 20;

/**
 * A file on the controller that takes what a host sends, and that one reader reads while it is written: from the memory while it keeps up,
 * then from the disk.
 */
export class GrowingFile {
  readonly #path: string;
  readonly #output: OutputFile;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #isBehind = false;
  #hasEnded = false;
  #wake: () => void = () => {};

  /** `host` is who sends, for messages. */
  constructor(path: string, host: string) {
    this.#path = path;
    this.#output = new OutputFile(path, host);
  }

  /** For `onStdout`; throws as OutputFile does. */
  readonly take = (bytes: Buffer): void => {
    this.#output.take(bytes);
    this.#waitingBytes += bytes.length;
    this.#isBehind ||= this.#waitingBytes > waitingBytesAtMost;
    if (this.#isBehind) this.#waiting = [];
    else this.#waiting.push(bytes);
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
    let at = 0;
    try {
      for (;;) {
        const hasEnded = this.#hasEnded;
        const more = new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        const piece = this.#isBehind ? await pieceAt(input, at) : this.#takeWaiting();
        at += piece.length;
        if (piece.length > 0) yield piece;
        else if (hasEnded) return;
        else await more;
      }
    } finally {
      await input.close();
    }
  }

  #takeWaiting(): Buffer {
    const piece = Buffer.concat(this.#waiting);
    [this.#waiting, this.#waitingBytes] = [[], 0];
    return piece;
  }
}

async function pieceAt(file: FileHandle, at: number): Promise<Buffer> {
  const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(pieceBytes), 0, pieceBytes, at);
  return buffer.subarray(0, bytesRead);
}
