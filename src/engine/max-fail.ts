import type { Departure, Departures, PlayRun } from "./play-run.ts";

/**
 * Notes the hosts that failed for good. The stop of the whole batch when they are more than `max_fail_percentage`
 * allows.
 */
export function noteFailed(run: PlayRun, left: Departures): Departure | undefined {
  const falls = [...left].filter(([, { how }]) => how === "failed");
  for (const [host] of falls) run.failed.add(host);
  const [, last] = falls.at(-1) ?? [];
  return last?.how === "failed" && tooManyFailed(run) ? { ...last, fatal: true } : undefined;
}

/** Whether more hosts of the batch failed than `max_fail_percentage` allows; says so when it is. */
export function tooManyFailed({ scope, play, hosts, failed, forgiven }: PlayRun): boolean {
  if (play.maxFailPercentage === undefined) return false;
  const count = [...failed].filter((host) => !forgiven.has(host)).length;
  if ((count / hosts.length) * 100 <= play.maxFailPercentage) return false;
  const allowed = `max_fail_percentage: ${play.maxFailPercentage}`;
  scope.emit({
    type: "notice",
    text: `${count} of ${hosts.length} hosts failed, more than ${allowed} allows: the play stops`,
  });
  return true;
}
