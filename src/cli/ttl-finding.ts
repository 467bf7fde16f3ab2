import { newestRunFile } from "../engine/run-files.ts";
import { readCacheState, readFormerSets } from "../modules/dns/former-records.ts";
import { formatTime } from "./state-lines.ts";

/** Until when caches may hold records from before Mailferry changed them; undefined when it changed none. */
export async function ttlFinding(stateDirectory: string, now: Date): Promise<string | undefined> {
  const file = newestRunFile(stateDirectory, "dns-before.json");
  const { until, secondsLeft } = await readCacheState(file, now.getTime());
  if (until === null) return undefined;
  const changed = (await readFormerSets(file)).map(({ changedAt }) => changedAt).sort();
  const last = formatTime(changed.at(-1) ?? until, now);
  const time = `${until.slice(0, 10)} ${until.slice(11, 16)} UTC`;
  return secondsLeft === 0
    ? `changed ${last}; caches forgot the former records ${formatTime(until, now)}`
    : `changed ${last}; caches may hold the former records until ${time}`;
}
