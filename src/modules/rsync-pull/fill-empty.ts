import type { HostWriter } from "../../contract/host.ts";
import type { ApplyContext } from "../../contract/module.ts";
import { priorityOf } from "../priority.ts";
import { filterRules } from "./filter-rules.ts";
import { copyFirst, type FirstCopyOutcome } from "./first-copy.ts";
import { holdsAcls, mayUnpack, namesFitForTar } from "./fit-for-tar.ts";
import type { PassNotes } from "./known-messages.ts";
import { type GoodPass, listingName, measured, rememberPass, wordsOf } from "./last-pass.ts";
import type { Listing } from "./listing.ts";
import type { RsyncPullArgs } from "./pull-args.ts";
import { openLink, type PullChange } from "./pull-change.ts";
import { refuseAfterOpening } from "./refusals.ts";
import { type Shard, shardsOf, streamsThatPay } from "./shards.ts";
import { type Survey, survey } from "./survey.ts";
import { wrongOwner } from "./verify-owners.ts";

/** An empty directory that was filled, as a pass that another goes on from. */
export interface Unpacked {
  readonly pass: GoodPass;
  readonly copied: FirstCopyOutcome & { readonly kind: "copied" };
  /** Whether it has each message once, and of directories and control files those that were listed, and no others: none came or went while tar read. */
  readonly isAsListed: boolean;
}

/** What is to be known of a source for a tar stream of it. */
export interface SourceLook {
  /** Whether it has access control lists. */
  readonly acls: boolean;
  /** Undefined where it can't be told. */
  readonly survey: Survey | undefined;
}

/** Looks at the source while it is listed, where tar may be used. */
export async function lookAhead(
  { args, source, isFirst, acls }: PullChange,
  context: ApplyContext,
): Promise<SourceLook> {
  if (!isFirst || !mayUnpack(args)) return { acls: false, survey: undefined };
  const peer = await context.peer(args.from);
  const priority = priorityOf(args);
  const [hasAcls, found] = await Promise.all([
    acls && holdsAcls(source.path, peer, priority),
    survey(source.path, filterRules(args), peer, priority).catch(() => undefined),
  ]);
  return { acls: hasAcls, survey: found };
}

/** One stream where nothing is known of the source. */
async function shardsFor(
  { streams = "auto", from }: RsyncPullArgs,
  found: Survey | undefined,
  host: HostWriter,
  context: ApplyContext,
): Promise<Shard[]> {
  if (found === undefined) return [{ parts: [], others: [] }];
  const sides = [await context.peer(from), host];
  const processors = sides.map(({ facts }) => facts.processors);
  return shardsOf(found, streams === "auto" ? streamsThatPay(found, ...processors) : streams);
}

/** What is known before a directory is filled. */
export interface Emptiness {
  readonly notes: PassNotes;
  /** The source, from before anything of it was read. */
  readonly listing: Listing;
  readonly look: Promise<SourceLook>;
  /** Called as soon as the source was read, with the seconds that it took. */
  onStreamed(spentSeconds: number): void;
}

/** Fills an empty directory, and remembers it as a good pass; undefined where rsync has to. */
export async function fillEmpty(
  { notes, listing, look, onStreamed }: Emptiness,
  change: PullChange,
  host: HostWriter,
  context: ApplyContext,
): Promise<Unpacked | undefined> {
  const { args, source, dest, memory, isFirst, xattrs } = change;
  const rules = filterRules(args);
  if (!isFirst || !mayUnpack(args)) return undefined;
  const names = await namesFitForTar(listing, rules);
  if (names === undefined) return undefined;
  await refuseAfterOpening(args, context);
  const link = await openLink(change, host, context);
  const { owner, group } = args;
  context.progress({ text: `looking how much there is on ${args.from}` });
  const { acls, survey: found } = await look;
  const copy = {
    ...{ link, dest, notes, rules, owner, group, acls, xattrs },
    ...{ compress: change.packs === true, priority: priorityOf(args), onStreamed },
    endsWithRun: args.phase === "hot",
    shards: await shardsFor(args, found, host, context),
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
    {
      ...{ mountPoint: source.mountPoint, pass, startedAt, words: wordsOf(args) },
      packs: measured(args, change.packs),
    },
    listing,
    context,
  );
  const isAsListed = copied.names === names;
  return { pass: { file: await context.runFile(listingName(memory)), startedAt, pass }, copied, isAsListed };
}
