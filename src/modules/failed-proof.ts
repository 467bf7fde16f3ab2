import { writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { LookContext } from "../contract/module.ts";

const name = "proof-failed";

/** Notes for later copies that new is not what they left there: what they remember of it counts no more. */
export async function noteFailedProof(what: string, context: Pick<LookContext, "runFile">): Promise<void> {
  await writeFile(await context.runFile(name), `${what}\n`, { mode: 0o600 });
}

/** Whether a proof failed in the run that left this file, or in a later one. */
export async function hasProofFailedSince(
  runFile: string,
  context: Pick<LookContext, "lastRunFile">,
): Promise<boolean> {
  const failed = await context.lastRunFile(name);
  // The directories of runs are named after their times.
  return failed !== undefined && dirname(failed) >= dirname(runFile);
}
