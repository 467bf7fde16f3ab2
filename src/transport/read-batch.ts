import { randomBytes } from "node:crypto";
import type { CommandResult } from "../contract/host.ts";
import type { CommandRunner } from "./command-runner.ts";
import { OutputTooLong } from "./errors.ts";

/** What is read at a path: what lstat says, a file's bytes, or both at once. */
export type ReadKind = "stat" | "file" | "entry";

interface Read {
  readonly kind: ReadKind;
  /** Absolute, or beginning with `./`. */
  readonly path: string;
  readonly done: (result: CommandResult) => void;
  readonly failed: (error: unknown) => void;
}

/** Puts the reads that are asked for at the same moment into one round trip. Each has a result of its own. */
export class ReadBatch {
  readonly #runner: Pick<CommandRunner, "run">;
  #waiting: Read[] = [];

  constructor(runner: Pick<CommandRunner, "run">) {
    this.#runner = runner;
  }

  /** The exit code and outputs of one read. Throws what the runner throws. */
  read(kind: ReadKind, path: string): Promise<CommandResult> {
    return new Promise((done, failed) => {
      if (this.#waiting.length === 0) queueMicrotask(() => void this.#flush());
      this.#waiting.push({ kind, path, done, failed });
    });
  }

  async #flush(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (let first = 0; first < waiting.length; first += readsAtOnce) {
      await this.#run(waiting.slice(first, first + readsAtOnce));
    }
  }

  async #run(reads: readonly Read[]): Promise<void> {
    const end = `${randomBytes(12).toString("hex")}:`;
    const words = reads.flatMap(({ kind, path }) => [kind, path]);
    try {
      const both = await this.#runner.run(
        { name: "reading", text: readScript, words: [end, ...words] },
        {},
        "repeatable",
      );
      const stdout = partsOf(both.stdout, end);
      const stderr = partsOf(both.stderr, end);
      for (const [index, { done }] of reads.entries()) {
        const [out, err] = [stdout[index], stderr[index]];
        if (out === undefined || err === undefined) throw new Error("the host's shell left out a read");
        done({ exitCode: Number(out.rest), stdout: out.bytes, stderr: err.bytes });
      }
    } catch (error) {
      // One of them is too long, or all together are: each alone tells.
      if (error instanceof OutputTooLong && reads.length > 1) {
        for (const read of reads) await this.#run([read]);
      } else for (const { failed } of reads) failed(error);
    }
  }
}

/** The pieces of an output, each with what stands behind the marker that ends it. */
function partsOf(output: Buffer, marker: string): { readonly bytes: Buffer; readonly rest: string }[] {
  const parts: { readonly bytes: Buffer; readonly rest: string }[] = [];
  for (let begin = 0; begin < output.length; ) {
    const at = output.indexOf(marker, begin, "latin1");
    const lineEnd = at < 0 ? -1 : output.indexOf(10, at);
    if (lineEnd < 0) break;
    parts.push({
      bytes: output.subarray(begin, at),
      rest: output.toString("latin1", at + marker.length, lineEnd),
    });
    begin = lineEnd + 1;
  }
  return parts;
}

const readsAtOnce = 50;

const readScript = `end=$1; shift
facts() { stat --printf '%f/%s/%u/%g/%Y/%U/%G\\0' -- "$1"; }
while [ $# -gt 0 ]; do
  case $1 in
    stat) facts "$2" && { [ ! -L "$2" ] || readlink -n -- "$2"; } ;;
    file) cat -- "$2" ;;
    entry) facts "$2" && if [ -L "$2" ]; then readlink -n -- "$2"; elif [ -f "$2" ]; then cat -- "$2"; fi ;;
  esac
  code=$?
  echo "$end" >&2
  echo "$end$code"
  shift 2
done`;
