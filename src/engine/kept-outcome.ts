import { Failure, type FailureKind, type Place } from "../contract/errors.ts";
import type { JsonObject } from "../contract/json.ts";
import type { Outcome, OutcomeStatus } from "../contract/outcome.ts";

/** An outcome as it lies on the disk, as far as a resumed run needs it. */
export interface KeptOutcome {
  readonly status: OutcomeStatus;
  readonly result: JsonObject;
  /** What was changed, or why it was skipped. */
  readonly text?: string | undefined;
  readonly failure?: KeptFailure | undefined;
  readonly ignored?: boolean | undefined;
}

interface KeptFailure {
  readonly kind: FailureKind;
  readonly message: string;
  readonly host?: string | undefined;
  readonly place?: Place | undefined;
  readonly next?: string | undefined;
}

/** The outcome without what can't lie on a disk: the cause of a failure, and diffs, which nobody asks for again. */
export function keepOutcome(outcome: Outcome): KeptOutcome {
  const { status, result } = outcome;
  if (status === "changed") return { status, result, text: outcome.summary };
  if (status === "skipped") return { status, result, text: outcome.reason };
  if (status === "ok") return { status, result };
  const { kind, message, host, place, next } = outcome.failure;
  const ignored = "ignored" in outcome && outcome.ignored === true;
  return { status, result, failure: { kind, message, host, place, next }, ...(ignored ? { ignored } : {}) };
}

/** The outcome that was kept. */
export function outcomeKept({ status, result, text = "", failure, ignored }: KeptOutcome): Outcome {
  switch (status) {
    case "ok":
      return { status, result };
    case "changed":
      return { status, result, summary: text };
    case "skipped":
      return { status, result, reason: text };
    case "unknown":
      return { status, result, failure: failureKept(failure) };
    case "failed":
    case "unreachable":
      return { status, result, failure: failureKept(failure), ...(ignored ? { ignored } : {}) };
  }
}

function failureKept(kept: KeptFailure | undefined): Failure {
  const { kind, message, ...facts } = kept ?? { kind: "task-failed", message: "it failed" };
  return new Failure(kind, message, facts);
}
