import type { Applied, Change } from "../../contract/change.ts";
import { Failure } from "../../contract/errors.ts";
import type { HostWriter } from "../../contract/host.ts";
import type { ApplyContext } from "../../contract/module.ts";
import { rsyncExit } from "../../mail/rsync-output.ts";
import { sleep } from "../sleep.ts";
import { filterRules } from "./filter-rules.ts";
import { type PassNotes, refuseForeignMessages } from "./known-messages.ts";
import type { RsyncPullArgs } from "./pull-args.ts";
import { type PassOutcome, passUnderWay, runPass } from "./pull-job.ts";
import { refuseAfterOpening } from "./refusals.ts";
import { rsyncCommand } from "./rsync-command.ts";
import { longLookMs, type RealDirectory, rememberSource } from "./source-check.ts";

/** A pull that may run: all that could be looked at allows it. */
export interface PullChange extends Change {
  readonly args: RsyncPullArgs;
  readonly source: RealDirectory;
  readonly dest: string;
  /** Where this pull remembers its source on the controller. */
  readonly memory: string;
  /** Names this pull among those into the same host. */
  readonly id: string;
  readonly acls: boolean;
  readonly xattrs: boolean;
}

/** Runs a pull that its check allowed: guards, passes until one comes through, then looks at the owners. */
export async function applyPull(
  change: PullChange,
  host: HostWriter,
  context: ApplyContext,
): Promise<Applied> {
  const { args, source, dest, id } = change;
  const work = await context.workDirectory(host);
  const notes = args.maildir === true ? { directory: `${work}/pull-${id}` } : undefined;
  if (notes !== undefined) await guard(notes, change, host, context);
  const partialDirectory = `${work}/partial-${id}`;
  await host.run(["mkdir", "-p", "-m", "0700", "--", partialDirectory]);
  await host.run(["mkdir", "-p", "--", dest]);
  const link = await context.openDataLink({ source: args.from, target: host.name, directory: source.path });
  const argv = rsyncCommand({
    ...{ link, dest, partialDirectory, rules: filterRules(args), delete: args.delete ?? false },
    ...{ owner: args.owner, group: args.group, bandwidth: args.bandwidth },
    ...{ ioTimeoutSeconds: args.io_timeout ?? 300, acls: change.acls, xattrs: change.xattrs },
  });
  const outcome = await passUntilThrough(argv, notes, change, host, context);
  if (outcome.items > 0) await verifyOwners(change, host);
  await rememberSource(change.memory, source, context);
  return { unchanged: outcome.items === 0 && (outcome.stats?.deleted ?? 0) === 0, result: resultOf(outcome) };
}

async function guard(
  notes: PassNotes,
  { args, dest }: PullChange,
  host: HostWriter,
  context: ApplyContext,
): Promise<void> {
  const found = await refuseForeignMessages(notes, dest, args.adopt ?? false, host);
  if (found === "unknown") {
    context.notice(
      `An earlier pass into ${dest} was broken off: whether all messages there came from ${args.from} can't be told this time.`,
    );
  }
}

async function passUntilThrough(
  argv: readonly string[],
  notes: PassNotes | undefined,
  { args, dest }: PullChange,
  host: HostWriter,
  context: ApplyContext,
): Promise<PassOutcome> {
  for (let attempt = 1; ; attempt += 1) {
    await refuseAfterOpening(args, context);
    const outcome = await runPass(argv, { notes, dest }, host, context.progress);
    if (outcome.exitCode === 0) return outcome;
    if (outcome.exitCode === 24 && args.phase === "hot") return outcome;
    const { meaning, lostLink } = rsyncExit(outcome.exitCode);
    if (!lostLink || attempt >= (args.attempts ?? 3)) throw passFailed(outcome, args.from, host.name);
    context.notice(`rsync: ${meaning}; trying again (${attempt + 1} of ${args.attempts ?? 3})`);
    await sleep(5000 * attempt, context.signal);
  }
}

function passFailed({ exitCode, stderr }: PassOutcome, from: string, host: string): Failure {
  if (exitCode === passUnderWay) {
    return new Failure("task-failed", `another pass from an earlier run is still at work on ${host}`, {
      host,
      next: "Wait for it, or end it there: systemctl list-units 'mailferry-*'; systemctl stop UNIT. Then run the stage again.",
    });
  }
  const { meaning } = rsyncExit(exitCode);
  const said = stderr
    .split("\n")
    .filter((line) => line !== "")
    .slice(0, 5)
    .join("\n");
  return new Failure(
    "task-failed",
    `rsync from ${from}: ${meaning} (exit code ${exitCode})\n${said}`.trim(),
    {
      host,
      next: nextSteps[exitCode] ?? "Run the stage again: what was copied stays, and it goes on from there.",
    },
  );
}

const nextSteps: Readonly<Record<number, string>> = {
  11: "Look at the free space and inodes on the new host (df, df -i), then run the stage again.",
  23: "Make the named files readable (or writable on the new host), then run the stage again.",
  24: "Something still writes on the old host though it should be frozen: find it (fuser, ss, timers), then run the stage again.",
};

/** Looks for one entry that belongs to somebody else than it should. */
async function verifyOwners({ args, dest }: PullChange, host: HostWriter): Promise<void> {
  const { owner, group } = args;
  if (args.files !== undefined) return;
  const wrongOwner = owner === undefined ? ["-nouser"] : ["!", "-user", owner];
  const wrongGroup = group === undefined ? ["-nogroup"] : ["!", "-group", group];
  const wrong = [...wrongOwner, "-print", "-quit", "-o", ...wrongGroup, "-print", "-quit"];
  const { stdout } = await host.probe(["find", dest, ...wrong], { timeoutMs: longLookMs });
  if (stdout.length === 0) return;
  const example = stdout.toString("utf8").trimEnd();
  const wanted =
    owner === undefined && group === undefined
      ? "has an owner or group that this host has no name for"
      : `does not belong to ${owner ?? "its user"}:${group ?? "its group"}`;
  throw new Failure("task-failed", `${example} on ${host.name} ${wanted}`, {
    host: host.name,
    next: "Make the user and group on the new host first, or name them by owner and group; then run this again.",
  });
}

function resultOf({ stats, items, seconds, stderr, exitCode }: PassOutcome): NonNullable<Applied["result"]> {
  const bytes = stats?.sentBytes ?? 0;
  return {
    files: stats?.sent ?? 0,
    bytes,
    created: stats?.created ?? 0,
    deleted: stats?.deleted ?? 0,
    changed_entries: items,
    vanished: exitCode === 24 ? (stderr.match(/^file has vanished: /gm)?.length ?? 0) : 0,
    total_files: stats?.entries ?? 0,
    total_bytes: stats?.totalBytes ?? 0,
    seconds: Math.round(seconds * 10) / 10,
    rate: Math.round(bytes / Math.max(seconds, 0.1)),
  };
}
