import type { HostWriter } from "../../contract/host.ts";
import type { ApplyContext } from "../../contract/module.ts";
import { filterRules } from "./filter-rules.ts";
import {
  copyFirst,
  type FirstCopyOutcome,
  holdsAcls,
  isFitForTar,
  mayUnpack,
  streamBytesOf,
} from "./first-copy.ts";
import type { PassNotes } from "./known-messages.ts";
import { type GoodPass, listingName, measured, rememberPass, wordsOf } from "./last-pass.ts";
import type { Listing } from "./listing.ts";
import { openLink, type PullChange } from "./pull-change.ts";
import { refuseAfterOpening } from "./refusals.ts";
import { wrongOwner } from "./verify-owners.ts";

/** An empty directory that was filled, as a pass that another goes on from. */
export interface Unpacked {
  readonly pass: GoodPass;
  readonly copied: FirstCopyOutcome & { readonly kind: "copied" };
}

/** Whether the source has access control lists, looked for while it is listed; it is asked only where tar may be used. */
export async function holdsAclsAhead(
  { args, source, isFirst, acls }: PullChange,
  context: ApplyContext,
): Promise<boolean> {
  const isAsked = isFirst && acls && mayUnpack(args);
  return isAsked && holdsAcls(source.path, await context.peer(args.from));
}

/** What is known before a directory is filled. */
export interface Emptiness {
  readonly notes: PassNotes;
  /** The source, from before anything of it was read. */
  readonly listing: Listing;
  /** Whether the source has access control lists. */
  readonly acls: Promise<boolean>;
  /** Called as soon as the source was read. */
  onStreamed(): void;
}

/** Fills an empty directory, and remembers it as a good pass; undefined where rsync has to. */
export async function fillEmpty(
  { notes, listing, acls, onStreamed }: Emptiness,
  change: PullChange,
  host: HostWriter,
  context: ApplyContext,
): Promise<Unpacked | undefined> {
  const { args, source, dest, memory, isFirst, xattrs } = change;
  const rules = filterRules(args);
  if (!isFirst || !mayUnpack(args) || !(await isFitForTar(listing, rules))) return undefined;
  await refuseAfterOpening(args, context);
  const link = await openLink(change, host, context);
  const { owner, group, nice = 10, ionice = 7 } = args;
  const streamBytes = streamBytesOf(source.path, await context.peer(args.from)).catch(() => undefined);
  const copy = {
    ...{ link, dest, notes, rules, owner, group, acls: await acls, xattrs },
    ...{ compress: change.packs === true, nice, ionice, streamBytes, onStreamed },
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
  return { pass: { file: await context.runFile(listingName(memory)), startedAt, pass }, copied };
}
