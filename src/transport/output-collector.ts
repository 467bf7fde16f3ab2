import type { RunOptions } from "../contract/host.ts";
import { OutputTooLong } from "./errors.ts";
import type { OutputSinks } from "./host-shell.ts";

/** How much of a command's standard output is kept in memory. */
export const collectedBytesAtMost = 16 * 1024 * 1024;
const stderrBytesAtMost = 1024 * 1024;

/** Takes a command's output: collects it up to the cap, or hands standard output on. */
export class OutputCollector implements OutputSinks {
  readonly #stdout: Buffer[] = [];
  readonly #stderr: Buffer[] = [];
  readonly #onStdout: ((chunk: Buffer) => void) | undefined;
  readonly #onOutput: ((chunk: Buffer) => void) | undefined;
  readonly #stop: (reason: unknown) => void;
  #stdoutBytes = 0;
  #stderrBytes = 0;

  /** `stop` is called when the output is too long, or when who it is handed to throws. */
  constructor(
    { onStdout, onOutput }: Pick<RunOptions, "onStdout" | "onOutput">,
    stop: (reason: unknown) => void,
  ) {
    this.#onStdout = onStdout;
    this.#onOutput = onOutput;
    this.#stop = stop;
  }

  /** True when part of the output went out already, so that the command can't be run again unseen. */
  get handedOn(): boolean {
    return this.#onStdout !== undefined && this.#stdoutBytes > 0;
  }

  get output(): { readonly stdout: Buffer; readonly stderr: Buffer } {
    return { stdout: Buffer.concat(this.#stdout), stderr: Buffer.concat(this.#stderr) };
  }

  readonly stdout = (bytes: Buffer): void => {
    this.#stdoutBytes += bytes.length;
    if (this.#onOutput !== undefined) this.#handOn(bytes, this.#onOutput);
    if (this.#onStdout !== undefined) this.#handOn(bytes, this.#onStdout);
    else if (this.#stdoutBytes <= collectedBytesAtMost) this.#stdout.push(bytes);
    else this.#overflow();
  };

  /** Keeps the end of standard error: that is where a failure says why. */
  readonly stderr = (bytes: Buffer): void => {
    this.#stderr.push(bytes);
    this.#stderrBytes += bytes.length;
    while (this.#stderrBytes > stderrBytesAtMost && this.#stderr.length > 1) {
      this.#stderrBytes -= this.#stderr.shift()?.length ?? 0;
    }
  };

  #handOn(bytes: Buffer, onStdout: (chunk: Buffer) => void): void {
    try {
      onStdout(bytes);
    } catch (error) {
      this.#stop(error);
    }
  }

  #overflow(): void {
    this.#stdout.length = 0;
    const limit = `${collectedBytesAtMost / 1024 / 1024} MiB`;
    this.#stop(
      new OutputTooLong(`the command wrote more than ${limit}, which is not collected; it was ended`, {
        next: "Have it write to a file on the host, or stream its output (onStdout).",
      }),
    );
  }
}
