import { Failure } from "../contract/errors.ts";
import { type ByteText, readable } from "./byte-text.ts";

/**
 * Whether a path goes down from the root, as find prints it. What a host says is data: one that was broken into must not
 * lead the other anywhere.
 */
export function isPlain(path: ByteText): boolean {
  return !/(?:^|\/)\.{0,2}(?:\/|$)/.test(path);
}

/** The failure for a listing that names anything else. */
export function leadsOut(told: ByteText): Failure {
  return new Failure("task-failed", `a listing names ${readable(told.slice(0, 200))}, which no find prints`, {
    next: "Look at the host that was listed: somebody else may answer in its place.",
  });
}
