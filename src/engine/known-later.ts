import { BadInput } from "../contract/errors.ts";
import type { Outcome } from "../contract/outcome.ts";
import type { RunScope } from "./scope.ts";

/**
 * In check mode nothing was applied, so what a later task reads of it is not there yet: then the task is skipped. `read`
 * is all that it may have read.
 */
export function knownLater(
  scope: RunScope,
  host: string,
  error: unknown,
  read: readonly unknown[],
): Outcome | undefined {
  if (!scope.request.checkMode || !(error instanceof BadInput)) return undefined;
  const text = JSON.stringify(read);
  const awaited = scope.foreseen(host).find((name) => new RegExp(`\\b${name}\\b`).test(text));
  if (awaited === undefined) return undefined;
  return {
    status: "skipped",
    reason: `known only after what \`${awaited}\` stands for was done`,
    result: {},
  };
}
