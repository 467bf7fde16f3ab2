import { setTimeout as timer } from "node:timers/promises";
import { Failure } from "../contract/errors.ts";

/** Waits, unless the run is ended meanwhile: then it throws the reason, or a Failure of kind "interrupted". */
export async function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await timer(milliseconds, undefined, { signal });
  } catch (cause) {
    throw endOf(signal, cause);
  }
}

function endOf(signal: AbortSignal, cause: unknown): Failure {
  const reason: unknown = signal.reason;
  if (reason instanceof Failure) return reason;
  if (reason instanceof DOMException && reason.name === "TimeoutError") {
    return new Failure("task-failed", "the task took longer than its timeout", { cause });
  }
  return new Failure("interrupted", "interrupted while waiting", { cause });
}
