import type { ByteText } from "../../mail/byte-text.ts";
import type { Part, Survey } from "./survey.ts";

/** In the root that tar streams fill: where they do so. */
export const streamsDirectory = ".mailferry-streams";

/** What one of several tar streams brings. */
export interface Shard {
  /** In the order in which they come. */
  readonly parts: readonly Part[];
  /** What others bring, by its paths below the root. Directories above the parts come along with each. */
  readonly others: readonly ByteText[];
}

/** Cuts a mail root into at most so many shards that take about the same time. One of them holds all there is. */
export function shardsOf({ parts, above, isApart }: Survey, atMost: number): Shard[] {
  const count = isApart ? Math.max(1, Math.min(atMost, parts.length)) : 1;
  const shardOf = new Map<Part, number>();
  const loads = new Array<number>(count).fill(0);
  for (const part of parts.toSorted((a, b) => loadOf(b) - loadOf(a))) {
    const lightest = loads.indexOf(Math.min(...loads));
    shardOf.set(part, lightest);
    loads[lightest] = (loads[lightest] ?? 0) + loadOf(part);
  }
  return loads.map((_, shard) => ({
    parts: parts.filter((part) => shardOf.get(part) === shard),
    others: [
      ...parts.filter((part) => shardOf.get(part) !== shard).map(({ path }) => path),
      ...(shard === 0 ? [] : above),
    ],
  }));
}

/** Bytes that take as long to write as it takes to make a file. */
const bytesOfFile = 32_768;

/** In bytes. */
function loadOf({ files, bytes }: Part): number {
  return bytes + files * bytesOfFile;
}

/** Two at most: one connection and one new host's processor are busy with two. Small mail is through before a second stream has begun. */
export function streamsThatPay(survey: Survey, ...processors: readonly number[]): number {
  const load = survey.parts.reduce((sum, part) => sum + loadOf(part), 0);
  return Math.max(1, Math.min(2, ...processors, Math.floor(load / leastLoad)));
}

/** In bytes. */
const leastLoad = 1 << 26;
