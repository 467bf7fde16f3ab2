import { setTimeout as wait } from "node:timers/promises";
import type { Bench } from "./bench.ts";
import { changeMessages } from "./changes.ts";
import type { WorkId } from "./figures.ts";
import type { Copies } from "./first-copy.ts";
import { commandOf, prepareOwnPath, runLastPass } from "./mailferry.ts";
import { rsyncCommand, runPeer } from "./peers.ts";
import { readThrough } from "./read-through.ts";
import { requireSameTree } from "./same-tree.ts";
import type { Sides } from "./sides.ts";

/** The share of all messages that changes between two passes. */
export const changedShare = 0.001;

/** Measures the last pass over these sides, with messages changed before it and without. */
export async function passLast(
  bench: Bench,
  copies: Copies,
  sides: Sides,
  ids: { readonly changed: WorkId; readonly unchanged: WorkId },
): Promise<void> {
  prepareOwnPath(copies.own, sides);
  for (let round = 0; round < bench.rounds; round += 1) {
    if (bench.measures(ids.changed)) await passRound(bench, copies, sides, ids.changed, round);
    if (bench.measures(ids.unchanged)) await passRound(bench, copies, sides, ids.unchanged, round);
  }
  requireSameTree("rsync", bench.source, copies.target, "content");
  requireSameTree("Mailferry", bench.source, copies.own.target, "content");
}

/** Both copies are up to date before it; then comes what happens to the mailboxes, and then everybody's last pass. */
async function passRound(
  bench: Bench,
  copies: Copies,
  sides: Sides,
  work: WorkId,
  round: number,
): Promise<void> {
  const changes = work.startsWith("changed") ? Math.round(bench.volume.messages.length * changedShare) : 0;
  const rsyncFirst = round % 2 === 0;
  const rsync = async (...more: readonly string[]) =>
    passOfRsync(bench, copies, sides, work, ["--delete", ...more]);
  const reading = await runLastPass(copies.own, async () => {
    changeMessages(bench.volume, changes, bench.random);
    await clockMovedOn();
    if (rsyncFirst) await rsync();
    readThrough(bench.source, copies.own.target);
  });
  bench.book.add(work, "Mailferry", commandOf("last-pass"), reading);
  requireSameTree("Mailferry", bench.source, copies.own.target, "times");
  if (!rsyncFirst) await rsync();
  if (changes === 0) await rsync("--no-inc-recursive");
}

/** What changed within the grain of the clock before a listing counts as changed once more: no pass is to meet that by chance. */
export async function clockMovedOn(): Promise<void> {
  await wait(3000);
}

async function passOfRsync(
  bench: Bench,
  { target }: Copies,
  { old }: Sides,
  work: WorkId,
  more: readonly string[],
): Promise<void> {
  const command = rsyncCommand(old, bench.source, target, more);
  readThrough(bench.source, target);
  const peer = more.length > 1 ? `rsync ${more.slice(1).join(" ")}` : "rsync";
  bench.book.add(work, peer, command.shown, await runPeer(command, bench.directory));
  requireSameTree(peer, bench.source, target, "times");
}
