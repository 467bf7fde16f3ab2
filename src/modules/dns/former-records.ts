import { readFile } from "node:fs/promises";
import type { DnsQuestion } from "../../mail/dns-record.ts";
import { setName } from "../../mail/dns-record-sets.ts";
import { parseRemembered, writeRemembered } from "../remembered.ts";

/** What a set of records was before Mailferry first changed it. */
export interface FormerSet extends DnsQuestion {
  readonly ttl: number;
  readonly data: readonly string[];
  /** When the change was visible on every name server, as ISO 8601. Caches may know the old records for `ttl` seconds after. */
  readonly changedAt: string;
  /** The change was not seen on every name server yet: `changedAt` is only when it was begun. */
  readonly isAwaited?: true;
}

/** How long caches of the world may still hold records from before. */
export interface CacheState {
  /** ISO 8601; null when nothing was changed by Mailferry. */
  readonly until: string | null;
  /** 0 when that time has passed; null when nothing was changed by Mailferry. */
  readonly secondsLeft: number | null;
}

/** Reads the former records from a run file; none without a file. */
export async function readFormerSets(file: string | undefined): Promise<readonly FormerSet[]> {
  if (file === undefined) return [];
  const next = "It says which records there were before: look at the zone, then remove the file.";
  return parseRemembered<readonly FormerSet[]>(await readFile(file, "utf8"), file, next);
}

/** Writes former records; of two for one set the later in the list stays. */
export async function writeFormerSets(file: string, sets: readonly FormerSet[]): Promise<void> {
  const unique = new Map(sets.map((set) => [setName(set), set]));
  await writeRemembered(file, [...unique.values()]);
}

/** When the last cache forgets the former records. */
export async function readCacheState(file: string | undefined, nowMs: number): Promise<CacheState> {
  const ends = (await readFormerSets(file)).map(({ changedAt, ttl }) => Date.parse(changedAt) + ttl * 1000);
  if (ends.length === 0) return { until: null, secondsLeft: null };
  const last = Math.max(...ends);
  return { until: new Date(last).toISOString(), secondsLeft: Math.max(0, Math.ceil((last - nowMs) / 1000)) };
}
