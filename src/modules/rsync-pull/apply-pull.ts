import { randomBytes } from "node:crypto";
import type { Applied, Change } from "../../contract/change.ts";
import type { DataLink } from "../../contract/data-link.ts";
import type { HostReader, HostWriter } from "../../contract/host.ts";
import type { ApplyContext } from "../../contract/module.ts";
import { rsyncExit } from "../../mail/rsync-output.ts";
import { sleep } from "../sleep.ts";
import { runDelta } from "./delta-pass.ts";
import { changeOfTree, type DeltaPlan, isEmpty, planDelta } from "./delta-plan.ts";
import { filterRules } from "./filter-rules.ts";
import {
  copyFirst,
  type FirstCopyOutcome,
  holdsAcls,
  isFitForTar,
  mayUnpack,
  streamBytesOf,
} from "./first-copy.ts";
import {
  notesPath,
  type PassNotes,
  refuseForeignMessages,
  refuseNewcomer,
  refuseOriginal,
} from "./known-messages.ts";
import { type GoodPass, type LastPass, listingName, mayGoOn, rememberPass, wordsOf } from "./last-pass.ts";
import { type Listing, takeListing } from "./listing.ts";
import { passFailed } from "./pass-failed.ts";
import { resultOf } from "./pass-result.ts";
import type { RsyncPullArgs } from "./pull-args.ts";
import { type PassOutcome, runPass } from "./pull-job.ts";
import { refuseAfterOpening } from "./refusals.ts";
import { rsyncCommand } from "./rsync-command.ts";
import { type RealDirectory, refuseShrunkenSource } from "./source-check.ts";
import { lookAtTree, type TreeState } from "./tree-state.ts";
import { verifyOwners, wrongOwner } from "./verify-owners.ts";

/** A pull that may run: all that could be looked at allows it. */
export interface PullChange extends Change {
  readonly args: RsyncPullArgs;
  readonly source: RealDirectory;
  readonly dest: string;
  /** Where this pull remembers its source on the controller. */
  readonly memory: string;
  /** Names this pull among those into the same host. */
  readonly id: string;
  /** No pass filled this directory before. */
  readonly isFirst: boolean;
  /** The last good pass, when all that is left to do can be told from its listing of the source. */
  readonly since: GoodPass | undefined;
  /** What the source was like, where it is no mail root. */
  readonly sourceTree: TreeState | undefined;
  /** Nobody touched either side since the last good pass. */
  readonly isAsLeft: boolean;
  readonly acls: boolean;
  readonly xattrs: boolean;
}

/** Runs a pull that its check allowed: guards, passes until one comes through, then looks at the owners. */
export async function applyPull(
  change: PullChange,
  host: HostWriter,
  context: ApplyContext,
): Promise<Applied> {
  const { args, source, dest, id, memory, since } = change;
  const work = await context.workDirectory(host);
  const notes =
    args.maildir === true
      ? { directory: notesPath(work, id), pass: randomBytes(8).toString("hex") }
      : undefined;
  // Also where nothing will have changed: it stands then for a later pass of the stage, in the downtime.
  if (notes !== undefined) openAhead(change, host, context);
  const acls = holdsAclsAhead(change, context);
  acls.catch(() => {});
  // Before anything is read: what changes from now on is found by the next pass.
  const listing = notes === undefined ? undefined : await listSource(change, context);
  const plan = await planOf(change, listing, `${work}/pull-${id}/delta`, host, context);
  const isIdle = change.isAsLeft || (plan !== undefined && isEmpty(plan));
  const partialDirectory = `${work}/partial-${id}`;
  if (!isIdle) await host.run(["sh", "-c", directoriesScript, "sh", partialDirectory, dest]);
  if (notes !== undefined && listing !== undefined && plan === undefined) {
    await guard(notes, change, host, context);
    const first = await unpack({ notes, listing, acls }, change, host, context);
    if (first !== undefined) return passBehind(first, change, host, context);
  }
  const outcome = isIdle
    ? nothingToDo
    : await passUntilThrough({ plan, notes, partialDirectory }, change, host, context);
  if (plan === undefined && (change.isFirst || outcome.items > 0)) await verifyOwners(args, dest, host);
  const pass = isIdle ? since?.pass : notes?.pass;
  const trees = await treesBehind(change, host);
  const last = { mountPoint: source.mountPoint, pass, startedAt: listing?.startedAt, words: wordsOf(args) };
  await rememberPass(memory, { ...last, trees }, listing, context);
  const unchanged = outcome.items === 0 && (outcome.stats?.deleted ?? 0) === 0;
  return { unchanged, result: { ...resultOf(outcome), first: change.isFirst } };
}

/** What a later pass knows both sides by; undefined where the source may have changed since without a trace. */
async function treesBehind(
  { args, dest, sourceTree }: PullChange,
  host: HostReader,
): Promise<LastPass["trees"]> {
  if (sourceTree?.settled !== true) return undefined;
  const target = await lookAtTree(dest, args.files, host);
  return target === undefined ? undefined : { source: sourceTree.sum, target: target.sum };
}

const directoriesScript = 'mkdir -p -m 0700 -- "$1" && mkdir -p -- "$2"';

interface Unpacked {
  readonly pass: GoodPass;
  readonly copied: FirstCopyOutcome & { readonly kind: "copied" };
}

/** Whether the source has access control lists, looked for while it is listed; it is asked only where tar may be used. */
async function holdsAclsAhead(
  { args, source, isFirst, acls }: PullChange,
  context: ApplyContext,
): Promise<boolean> {
  const isAsked = isFirst && acls && mayUnpack(args);
  return isAsked && holdsAcls(source.path, await context.peer(args.from));
}

/** Fills an empty directory, and remembers it as a good pass; undefined where rsync has to. */
async function unpack(
  {
    notes,
    listing,
    acls,
  }: { readonly notes: PassNotes; readonly listing: Listing; readonly acls: Promise<boolean> },
  change: PullChange,
  host: HostWriter,
  context: ApplyContext,
): Promise<Unpacked | undefined> {
  const { args, source, dest, memory, isFirst, xattrs } = change;
  const rules = filterRules(args);
  if (!isFirst || !mayUnpack(args) || !(await isFitForTar(listing, rules))) return undefined;
  await refuseAfterOpening(args, context);
  const link = await openLink(change, host, context);
  const { owner, group, compress = false, nice = 10, ionice = 7 } = args;
  const streamBytes = streamBytesOf(source.path, await context.peer(args.from)).catch(() => undefined);
  const copy = {
    ...{ link, dest, notes, rules, owner, group, acls: await acls, xattrs },
    ...{ compress, nice, ionice, streamBytes },
  };
  const copied = await copyFirst(copy, host, context.progress);
  if (copied.kind === "broken off") {
    context.notice(`The tar stream from ${args.from} broke off, rsync goes on from there: ${copied.told}`);
  }
  if (copied.kind !== "copied") return undefined;
  // Not remembered then: the run behind the mend has to look at the owners again.
  if (copied.stranger !== undefined) throw wrongOwner(copied.stranger, args, host.name);
  const { pass } = notes;
  const { startedAt } = listing;
  await rememberPass(
    memory,
    { mountPoint: source.mountPoint, pass, startedAt, words: wordsOf(args) },
    listing,
    context,
  );
  return { pass: { file: await context.runFile(listingName(memory)), startedAt, pass }, copied };
}

/** What changed at the source while it was unpacked here, as any other pass brings it. */
async function passBehind(
  { pass, copied }: Unpacked,
  change: PullChange,
  host: HostWriter,
  context: ApplyContext,
): Promise<Applied> {
  const since = mayGoOn(change.args) ? pass : undefined;
  const { result = {} } = await applyPull({ ...change, since, isFirst: false }, host, context);
  const sum = (word: string, more: number): number => Number(result[word] ?? 0) + more;
  const [bytes, seconds] = [sum("bytes", copied.bytes), sum("seconds", copied.seconds)];
  return {
    unchanged: false,
    result: {
      ...result,
      ...{ files: sum("files", copied.files), created: sum("created", copied.files), bytes, first: true },
      ...{ changed_entries: sum("changed_entries", copied.files) },
      ...{ seconds: Math.round(seconds * 10) / 10, rate: Math.round(bytes / Math.max(seconds, 0.1)) },
    },
  };
}

/** A pass that finds by the listing that nothing changed runs no rsync. */
const nothingToDo: PassOutcome = { exitCode: 0, stderr: "", stats: undefined, items: 0, seconds: 0 };

/** How the target is filled this time. */
interface Pass {
  /** What there is to do; undefined compares all of both trees. */
  readonly plan: DeltaPlan | undefined;
  readonly notes: PassNotes | undefined;
  readonly partialDirectory: string;
}

async function listSource(
  { args, source, memory }: PullChange,
  context: ApplyContext,
): Promise<Listing | undefined> {
  const file = await context.runFile(`${listingName(memory)}.new`);
  const peer = await context.peer(args.from);
  return takeListing(peer, source.path, filterRules(args), args.phase ?? "cold", file);
}

async function planOf(
  change: PullChange,
  listing: Listing | undefined,
  workDirectory: string,
  host: HostWriter,
  context: ApplyContext,
): Promise<DeltaPlan | undefined> {
  const { args, source, dest, since } = change;
  if (since === undefined || listing === undefined) return undefined;
  const peer = await context.peer(args.from);
  const tree = await changeOfTree(since, listing);
  const plan = await planDelta(tree, { source: peer, src: source.path, target: host, dest, workDirectory });
  if (plan === undefined) return undefined;
  const { entriesBefore: here, entriesNow: there } = plan.tree;
  refuseShrunkenSource({ here, there, share: args.min_source_share ?? 0.95 }, args.src, args.from);
  return plan;
}

/** Has the link ready by the time it is needed. A fault is told there: it is asked for once more then. */
function openAhead(change: PullChange, host: HostWriter, context: ApplyContext): void {
  openLink(change, host, context).catch(() => {});
}

function openLink({ args, source }: PullChange, host: HostWriter, context: ApplyContext): Promise<DataLink> {
  return context.openDataLink({ source: args.from, target: host.name, directory: source.path });
}

async function guard(
  notes: PassNotes,
  { args, dest }: PullChange,
  host: HostWriter,
  context: ApplyContext,
): Promise<void> {
  const isLast = args.phase !== "hot" && (await context.latches.isSet("old-frozen"));
  if (isLast) await refuseNewcomer(notes, dest, host);
  const found = await refuseForeignMessages(notes, dest, args.adopt ?? false, host);
  if (found === "adopted") await refuseOriginal(dest, host);
  if (found === "unknown") {
    context.notice(
      `An earlier pass into ${dest} was broken off: whether all messages there came from ${args.from} can't be told this time.`,
    );
  }
}

async function passUntilThrough(
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
  { args, dest, acls, xattrs }: PullChange,
  host: HostWriter,
  { progress }: ApplyContext,
): Promise<PassOutcome> {
  const argv = rsyncCommand({
    ...{ link, dest, partialDirectory, acls, xattrs, rules: filterRules(args), delete: args.delete ?? false },
    ...{ owner: args.owner, group: args.group },
    ...{ bandwidth: args.bandwidth, compress: args.compress ?? false },
    ...{ ioTimeoutSeconds: args.io_timeout ?? 300, maildir: args.maildir ?? false },
    listed: plan === undefined ? undefined : { mayBeGone: args.phase === "hot" },
  });
  if (plan === undefined || notes === undefined) return runPass(argv, { notes, dest }, host, progress);
  return runDelta(argv, plan, { notes, dest }, host, progress);
}
