import type { ByteText } from "./byte-text.ts";
import type { MessageRecords } from "./message-records.ts";

/** What can be said of a folder without reading it message by message. */
export interface FolderTally {
  readonly sizeBytes: number;
  /** How many messages belong to whom, by number. */
  readonly owners: ReadonlyMap<string, number>;
  /** The path of the first message that has no hash. */
  readonly unhashed: ByteText | undefined;
}

/** Sums up a folder's `cur` and `new`. */
export function tallyOf(parts: readonly MessageRecords[]): FolderTally {
  const owners = new Map<string, number>();
  for (const part of parts) {
    for (const [owner, count] of part.owners) owners.set(owner, (owners.get(owner) ?? 0) + count);
  }
  return {
    sizeBytes: parts.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    owners,
    unhashed: parts.map(({ unhashed }) => unhashed).find((path) => path !== undefined),
  };
}
