import { Failure, Refused } from "../contract/errors.ts";
import type { Stage } from "../language/model/playbook.ts";
import { type DowntimeEstimate, estimateDowntime } from "./downtime.ts";
import type { RunScope } from "./scope.ts";

/**
 * Tells how long the stage's downtime will be. Throws Refused when that may be more than `--max-downtime` allows, or can't be
 * told. Once old stands still nothing is said: a refusal would only make it longer.
 */
export function foreseeDowntime(
  { record, request, emit }: RunScope,
  stage: Stage,
): DowntimeEstimate | undefined {
  const { latches, taskTimes = {} } = record.state();
  if (latches["old-frozen"] !== undefined || latches["new-opened"] !== undefined) return undefined;
  const estimate = estimateDowntime(stage, taskTimes);
  const { maxDowntimeSeconds } = request;
  if (estimate !== undefined) emit({ type: "downtime-estimate", ...estimate });
  if (maxDowntimeSeconds !== undefined) requireAtMost(maxDowntimeSeconds, stage, estimate);
  return estimate;
}

function requireAtMost(allowedSeconds: number, stage: Stage, estimate: DowntimeEstimate | undefined): void {
  const { name, place } = stage;
  if (estimate === undefined) {
    throw new Failure("bad-input", `stage ${name} has no downtime that --max-downtime could limit`, {
      place,
      next: "Leave it out; it is for the stage that freezes the old server and opens the new one.",
    });
  }
  const { aboutSeconds, atMostSeconds, untimed } = estimate;
  const again = stage.requires.map(({ stage }) => stage).at(-1);
  const once = again === undefined ? "" : `Run this once more, it takes the time: --stage ${again}. `;
  if (untimed.length > 0) {
    throw new Refused(
      `--max-downtime allows ${allowedSeconds} s, and how long the downtime of stage ${name} will be is not known: no run has timed ${untimed.join(", ")}; nothing was touched`,
      { place, next: `${once}The first copy says nothing of the next one.` },
    );
  }
  if (atMostSeconds <= allowedSeconds) return;
  throw new Refused(
    `the downtime of stage ${name} will be about ${aboutSeconds} s and may be ${atMostSeconds} s, and --max-downtime allows ${allowedSeconds} s; nothing was touched`,
    { place, next: `${once}Or allow more.` },
  );
}
