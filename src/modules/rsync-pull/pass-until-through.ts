import type { DataLink } from "../../contract/data-link.ts";
import type { HostWriter } from "../../contract/host.ts";
import type { ApplyContext } from "../../contract/module.ts";
import { rsyncExit } from "../../mail/rsync-output.ts";
import { priorityOf } from "../priority.ts";
import { sleep } from "../sleep.ts";
import { runDelta } from "./delta-pass.ts";
import type { DeltaPlan } from "./delta-plan.ts";
import { filterRules } from "./filter-rules.ts";
import type { PassNotes } from "./known-messages.ts";
import { passFailed } from "./pass-failed.ts";
import { openLink, type PullChange } from "./pull-change.ts";
import { type PassOutcome, runPass } from "./pull-job.ts";
import { refuseAfterOpening } from "./refusals.ts";
import { rsyncCommand } from "./rsync-command.ts";

/** How the target is filled this time. */
export interface Pass {
  /** What there is to do; undefined compares all of both trees. */
  readonly plan: DeltaPlan | undefined;
  readonly notes: PassNotes | undefined;
  readonly partialDirectory: string;
}

/** Passes until one comes through; each further one only because the link was lost. Throws what a pass failed by. */
export async function passUntilThrough(
  pass: Pass,
  change: PullChange,
  host: HostWriter,
  context: ApplyContext,
): Promise<PassOutcome> {
  const { args } = change;
  const link = await openLink(change, host, context);
  for (let attempt = 1; ; attempt += 1) {
    await refuseAfterOpening(args, context);
    const outcome = await runOnce(pass, link, change, host, context);
    if (outcome.exitCode === 0) return outcome;
    if (outcome.exitCode === 24 && args.phase === "hot") return outcome;
    const { meaning, lostLink } = rsyncExit(outcome.exitCode);
    if (!lostLink || attempt >= (args.attempts ?? 3)) throw passFailed(outcome, args.from, host.name);
    context.notice(`rsync: ${meaning}; trying again (${attempt + 1} of ${args.attempts ?? 3})`);
    await sleep(5000 * attempt, context.signal);
  }
}

function runOnce(
  { plan, notes, partialDirectory }: Pass,
  link: DataLink,
  { args, dest, packs, acls, xattrs }: PullChange,
  host: HostWriter,
  { progress }: ApplyContext,
): Promise<PassOutcome> {
  const priority = priorityOf(args);
  const argv = rsyncCommand({
    ...{ link, dest, partialDirectory, acls, xattrs, rules: filterRules(args), delete: args.delete ?? false },
    ...{ owner: args.owner, group: args.group, priority },
    ...{ bandwidth: args.bandwidth, compress: packs === true },
    ...{ ioTimeoutSeconds: args.io_timeout ?? 300, maildir: args.maildir ?? false },
    listed: plan === undefined ? undefined : { mayBeGone: args.phase === "hot" },
  });
  const giving = args.maildir === true ? { owner: args.owner, group: args.group } : {};
  const place = { dest, priority, endsWithRun: args.phase === "hot", ...giving };
  if (plan === undefined || notes === undefined) return runPass(argv, { notes, ...place }, host, progress);
  return runDelta(argv, plan, { notes, partialDirectory, ...place }, host, progress);
}
