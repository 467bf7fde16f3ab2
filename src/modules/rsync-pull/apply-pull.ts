import { randomBytes } from "node:crypto";
import type { Applied } from "../../contract/change.ts";
import type { HostReader, HostWriter } from "../../contract/host.ts";
import type { JsonObject } from "../../contract/json.ts";
import type { ApplyContext } from "../../contract/module.ts";
import type { TreeChange } from "../../mail/tree-listing.ts";
import { priorityOf } from "../priority.ts";
import { changeOfTree, type DeltaPlan, isEmpty, planDelta } from "./delta-plan.ts";
import { fillEmpty, lookAhead, type Unpacked } from "./fill-empty.ts";
import { filterRules } from "./filter-rules.ts";
import {
  notesPath,
  type PassNotes,
  refuseForeignMessages,
  refuseNewcomer,
  refuseOriginal,
} from "./known-messages.ts";
import { type LastPass, listingName, mayGoOn, measured, rememberPass, wordsOf } from "./last-pass.ts";
import { type ListingUnderWay, takeListing } from "./listing.ts";
import { resultOf } from "./pass-result.ts";
import { passUntilThrough } from "./pass-until-through.ts";
import type { RsyncPullArgs } from "./pull-args.ts";
import { openLink, type PullChange } from "./pull-change.ts";
import type { PassOutcome } from "./pull-job.ts";
import { refuseAfterOpening } from "./refusals.ts";
import { refuseShrunkenSource } from "./source-check.ts";
import { lookAtTree } from "./tree-state.ts";
import { verifyOwners } from "./verify-owners.ts";
import { isWorthPacking } from "./worth-packing.ts";

/**
 * Runs a pull that its check allowed: guards, passes until one comes through, then looks at the owners. `listed` is the source, where it is
 * listed already.
 */
export async function applyPull(
  change: PullChange,
  host: HostWriter,
  context: ApplyContext,
  listed?: ListingUnderWay,
): Promise<Applied> {
  const { args, source, dest, id, memory, since } = change;
  const work = await context.workDirectory(host);
  const notes =
    args.maildir === true
      ? { directory: notesPath(work, id), pass: randomBytes(8).toString("hex") }
      : undefined;
  // Also where nothing will have changed: it stands then for a later pass of the stage, in the downtime.
  if (notes !== undefined) openAhead(change, host, context);
  const look = lookAhead(change, context);
  look.catch(() => {});
  // Before anything is read: what changes from now on is found by the next pass.
  const coming = notes === undefined ? undefined : (listed ?? (await listSource(change, "new", context)));
  const tree = coming === undefined || since === undefined ? undefined : changeOfTree(since, coming.records);
  tree?.catch(() => {});
  const listing = await coming?.listing;
  const plan = await planOf(change, await tree, host, context);
  const isIdle = change.isAsLeft || (plan !== undefined && isEmpty(plan));
  const partialDirectory = `${work}/partial-${id}`;
  if (!isIdle && plan === undefined) {
    await host.run(["sh", "-c", directoriesScript, "sh", partialDirectory, dest]);
  }
  let packs = change.packs;
  if (notes !== undefined && listing !== undefined && plan === undefined) {
    await guard(notes, change, host, context);
    packs ??= await measurePacking(change, host, context);
    const decided = { ...change, packs };
    // The listing of a pass behind it begins while this host still looks through what came.
    let behind: Promise<ListingUnderWay> | undefined;
    const onStreamed = (seconds: number): void => {
      if (mayWait(args, seconds)) return;
      behind = listSource(change, "behind", context);
      behind.then(({ listing }) => listing).catch(() => {});
    };
    const first = await fillEmpty({ notes, listing, look, onStreamed }, decided, host, context);
    if (first !== undefined) {
      const isLeft = behind === undefined && first.isAsListed && mayWait(args, 0);
      const later = isLeft
        ? resultOf(nothingToDo)
        : await passBehind(first, await behind, decided, host, context);
      return { unchanged: false, result: withFirstCopy(later, first.copied) };
    }
  }
  const outcome = isIdle
    ? nothingToDo
    : await passUntilThrough({ plan, notes, partialDirectory }, { ...change, packs }, host, context);
  // What brings mail for one user and group gives them all of it.
  const isGiven = args.maildir === true && args.owner !== undefined && args.group !== undefined;
  const mayHaveStrangers = plan === undefined && !isGiven && (change.isFirst || outcome.items > 0);
  if (mayHaveStrangers) await verifyOwners(args, dest, host);
  const pass = isIdle ? since?.pass : notes?.pass;
  const trees = await treesBehind(change, host);
  const last = { mountPoint: source.mountPoint, pass, startedAt: listing?.startedAt, words: wordsOf(args) };
  await rememberPass(memory, { ...last, packs: measured(args, packs), trees }, listing, context);
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

/** Measures before both trees are compared whether packing is worth it; undefined where a limit would be broken for it. */
async function measurePacking(
  change: PullChange,
  host: HostWriter,
  context: ApplyContext,
): Promise<boolean | undefined> {
  if (change.args.bandwidth !== undefined) return undefined;
  await refuseAfterOpening(change.args, context);
  return isWorthPacking(await openLink(change, host, context), host);
}

/**
 * Whether what changed at the source while it was unpacked may wait for the next pass: while the source is in use there is always something
 * for that one, and little of it is from a short copy.
 */
function mayWait({ phase, full = false }: RsyncPullArgs, seconds: number): boolean {
  return phase === "hot" && !full && seconds < longCopySeconds;
}

const longCopySeconds = 60;

/**
 * What changed at the source while it was unpacked here, as any other pass brings it. A directory that came after the listing and went before the
 * next one is in neither of them: then all of both trees is compared.
 */
async function passBehind(
  { pass, isAsListed }: Unpacked,
  listed: ListingUnderWay | undefined,
  change: PullChange,
  host: HostWriter,
  context: ApplyContext,
): Promise<JsonObject> {
  const since = mayGoOn(change.args) && isAsListed ? pass : undefined;
  const { result = {} } = await applyPull({ ...change, since, isFirst: false }, host, context, listed);
  return result;
}

/** The result of a pass, with the first copy that it went on from. */
function withFirstCopy(result: JsonObject, { files, ...copied }: Unpacked["copied"]): JsonObject {
  const sum = (word: string, more: number): number => Number(result[word] ?? 0) + more;
  const [bytes, seconds] = [sum("bytes", copied.bytes), sum("seconds", copied.seconds)];
  return {
    ...result,
    ...{ files: sum("files", files), created: sum("created", files), bytes, first: true },
    ...{ changed_entries: sum("changed_entries", files) },
    ...{ seconds: Math.round(seconds * 10) / 10, rate: Math.round(bytes / Math.max(seconds, 0.1)) },
  };
}

/** A pass that finds by the listing that nothing changed runs no rsync. */
const nothingToDo: PassOutcome = { exitCode: 0, stderr: "", stats: undefined, items: 0, seconds: 0 };

async function listSource(
  { args, source, memory }: PullChange,
  ending: "new" | "behind",
  context: ApplyContext,
): Promise<ListingUnderWay> {
  const file = await context.runFile(`${listingName(memory)}.${ending}`);
  const peer = await context.peer(args.from);
  return takeListing(peer, source.path, filterRules(args), args.phase ?? "cold", file, priorityOf(args));
}

async function planOf(
  change: PullChange,
  tree: TreeChange | undefined,
  host: HostWriter,
  context: ApplyContext,
): Promise<DeltaPlan | undefined> {
  const { args, source, dest, memory } = change;
  if (tree === undefined) return undefined;
  const peer = await context.peer(args.from);
  const plan = await planDelta(tree, {
    source: { host: peer, root: source.path, packs: change.isSourceFar, mayLack: args.phase === "hot" },
    target: { host, root: dest, packs: change.isTargetFar, mayLack: true },
    file: await context.runFile(`${listingName(memory)}.names`),
  });
  if (plan === undefined) return undefined;
  const { entriesBefore: here, entriesNow: there } = plan.tree;
  refuseShrunkenSource({ here, there, share: args.min_source_share ?? 0.95 }, args.src, args.from);
  return plan;
}

/** Has the link ready by the time it is needed. A fault is told there: it is asked for once more then. */
function openAhead(change: PullChange, host: HostWriter, context: ApplyContext): void {
  openLink(change, host, context).catch(() => {});
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
