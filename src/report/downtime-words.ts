import { formatDuration } from "./format.ts";

/** What was said of a downtime before it, in seconds. */
export interface EstimateTold {
  readonly aboutSeconds: number;
  readonly atMostSeconds: number;
  readonly untimed?: readonly string[] | undefined;
}

/** "about 40 s, at most 2 min", or why it can't be said. */
export function wordsOfEstimate({ aboutSeconds, atMostSeconds, untimed = [] }: EstimateTold): string {
  const known = `about ${formatDuration(aboutSeconds)}, at most ${formatDuration(atMostSeconds)}`;
  if (untimed.length === 0) return known;
  return `not known yet: ${known}, and what nobody timed yet: ${untimed.join(", ")}`;
}
