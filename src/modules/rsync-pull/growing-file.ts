import { open } from "node:fs/promises";
import { OutputFile } from "../output-file.ts";

/** So many bytes are read of a file at once. */
export const pieceBytes = 1 << 18;

/**
 * A file on the controller that takes what a host sends, and that one reader reads while it is written: what is not yet read lies on
 * the disk and not in the memory.
 */
export class GrowingFile {
  readonly #path: string;
  readonly #output: OutputFile;
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
        const { bytesRead, buffer } = await input.read(Buffer.allocUnsafe(pieceBytes));
        if (bytesRead > 0) yield buffer.subarray(0, bytesRead);
        else if (hasEnded) return;
        else await more;
      }
    } finally {
      await input.close();
    }
  }
}
