import type { Outcome } from "../contract/outcome.ts";
import { outcomeKept } from "./kept-outcome.ts";
import type { Round, StageProgress, Turn } from "./stage-progress.ts";

/** One round of a loop, by its number and what its item is called. */
export type RoundName = Pick<Round, "number" | "label">;

/** A task's turn on one host: what an earlier run had begun of it, and where is kept what is begun now. */
export interface TurnPart {
  /** How the round ended in the earlier run; undefined when it did not, or had another item. */
  roundBefore(round: RoundName): Outcome | undefined;
  roundEnded(round: Round): void;
  /** The job that the earlier run was about to start; given out once. */
  jobBefore(round: RoundName | undefined): string | undefined;
  jobBegins(job: string, round: RoundName | undefined): void;
}

/** How a turn is gone on with. */
export interface PartWords {
  /** What was begun counts. */
  readonly goesOn: boolean;
  /** A failure is not the end of the host's work: a rescue may take it back. */
  readonly mayBeRescued: boolean;
}

/** Makes the part of a turn that one host has. */
export function partOf(
  progress: StageProgress,
  turn: Turn,
  host: string,
  { goesOn, mayBeRescued }: PartWords,
): TurnPart {
  const begun = goesOn ? (turn.begun.get(host) ?? []) : [];
  const adopted = new Set<string>();
  const lineOf = (round: RoundName | undefined) =>
    begun.find((line) => line.round === round?.number && line.label === round?.label);
  return {
    roundBefore(round) {
      const outcome = lineOf(round)?.outcome;
      return outcome === undefined ? undefined : outcomeKept(outcome);
    },
    // What found nothing to do may look again, and what failed for good is to be tried again.
    roundEnded(round) {
      const { outcome } = round;
      const counts =
        outcome.status === "changed" || (outcome.status === "failed" && (mayBeRescued || outcome.ignored));
      if (counts) progress.roundEnded(turn, host, round);
    },
    jobBefore(round) {
      const job = lineOf(round)?.job;
      if (job === undefined || adopted.has(job)) return undefined;
      adopted.add(job);
      return job;
    },
    jobBegins: (job, round) => progress.jobBegins(turn, host, job, round),
  };
}
