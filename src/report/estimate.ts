import type { Progress } from "../contract/progress.ts";

/** Sooner than this a rate says nothing. */
const leastMs = 2000;

/** Where long work stood when it was first heard of. */
export interface FirstSeen {
  readonly at: number;
  readonly progress: Progress;
}

/** Puts to a progress what its module left out and can be reckoned: the rate of bytes, and the time left. */
export function withEstimate(progress: Progress, first: FirstSeen | undefined, now: number): Progress {
  if (first === undefined || now - first.at < leastMs) return progress;
  const seconds = (now - first.at) / 1000;
  const bytes = grown(progress.doneBytes, first.progress.doneBytes);
  const rateBytes = progress.rateBytes ?? (bytes === undefined ? undefined : bytes / seconds);
  const left =
    secondsFor(progress.totalBytes, progress.doneBytes, rateBytes) ??
    secondsFor(progress.totalItems, progress.doneItems, rateOf(progress, first, seconds));
  const secondsLeft = progress.secondsLeft ?? left;
  return {
    ...progress,
    ...(rateBytes === undefined ? {} : { rateBytes }),
    ...(secondsLeft === undefined ? {} : { secondsLeft }),
  };
}

function rateOf(progress: Progress, first: FirstSeen, seconds: number): number | undefined {
  const items = grown(progress.doneItems, first.progress.doneItems);
  return items === undefined ? undefined : items / seconds;
}

function grown(now: number | undefined, before: number | undefined): number | undefined {
  return now === undefined || before === undefined || now <= before ? undefined : now - before;
}

function secondsFor(
  total: number | undefined,
  done: number | undefined,
  rate: number | undefined,
): number | undefined {
  if (total === undefined || done === undefined || rate === undefined || rate === 0) return undefined;
  return Math.max(0, (total - done) / rate);
}
