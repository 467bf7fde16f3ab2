import type { Progress } from "../../contract/progress.ts";
import { readable } from "../../mail/byte-text.ts";
import type { Shard } from "./shards.ts";

/**
 * Makes a function that tells how far a copy has come when one of its streams has brought so many bytes in so many seconds. A stream's
 * parts come in their order, so its bytes tell which one it is at.
 */
export function shardProgress(
  shards: readonly Shard[],
): (shard: number, bytes: number, spentSeconds: number) => Progress {
  const streams = shards.map(({ parts }) => new StreamPosition(parts));
  const parts = shards.flatMap((shard) => shard.parts);
  const expectedBytes = sumOf(parts.map(({ bytes }) => bytes));
  const mailboxes = sumOf(parts.map((part) => part.mailboxes));
  return (shard, bytes, spentSeconds) => {
    streams[shard]?.moveTo(bytes);
    const doneBytes = sumOf(streams.map((stream) => stream.bytes));
    const totalBytes = expectedBytes === 0 ? undefined : Math.max(expectedBytes, doneBytes);
    const rateBytes = spentSeconds < 1 ? undefined : Math.round(doneBytes / spentSeconds);
    const left = totalBytes === undefined ? undefined : totalBytes - doneBytes;
    return {
      ...{ doneBytes, totalBytes, rateBytes },
      secondsLeft: left === undefined || rateBytes === undefined ? undefined : Math.round(left / rateBytes),
      ...(mailboxes === 0 ? {} : mailboxesOf(streams, mailboxes)),
    };
  };
}

function mailboxesOf(streams: readonly StreamPosition[], totalItems: number): Progress {
  const names = streams.map(({ part }) => part?.path).filter((path) => path !== undefined);
  return {
    ...(names.length === 0 ? {} : { text: names.map(readable).join(" and ") }),
    ...{ doneItems: sumOf(streams.map((stream) => stream.mailboxes)), totalItems, unit: "mailboxes" },
  };
}

/** Where one stream is among its parts. */
class StreamPosition {
  bytes = 0;
  /** Those that have come whole. */
  mailboxes = 0;
  #at = 0;
  #partEnd: number;
  readonly #parts: Shard["parts"];

  constructor(parts: Shard["parts"]) {
    this.#parts = parts;
    this.#partEnd = parts[0]?.bytes ?? 0;
  }

  /** The part that it is at; undefined behind the last one. */
  get part(): Shard["parts"][number] | undefined {
    return this.#parts[this.#at];
  }

  moveTo(bytes: number): void {
    this.bytes = bytes;
    for (let { part } = this; part !== undefined && this.#partEnd <= bytes; part = this.part) {
      this.mailboxes += part.mailboxes;
      this.#at += 1;
      this.#partEnd += this.part?.bytes ?? 0;
    }
  }
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
