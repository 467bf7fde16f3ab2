import { setTimeout as sleep } from "node:timers/promises";
import { accountFor, type Verdict } from "../check/accounting.ts";
import { collectMessageIds, type FoundIds } from "../check/collect-ids.ts";
import { compareSnapshots, type SnapshotDifference } from "../check/compare-snapshots.ts";
import { type Snapshot, takeSnapshot } from "../check/snapshot.ts";
import type { Lab, LabHost } from "../lab.ts";
import { readSenderLog } from "../sender/log.ts";

export interface BalanceInput {
  /** What old held before the move. */
  readonly before: Snapshot;
  /** The sender's log, closed. */
  readonly log: string;
  /** Which of the two has to hold all by now; new when left out. */
  readonly side?: "old" | "new" | undefined;
  /** What that one holds; its Maildirs are read when left out. */
  readonly find?: ((host: LabHost) => Promise<FoundIds>) | undefined;
  /** How long the queues of both hosts may take to become empty. */
  readonly patienceMs?: number | undefined;
}

/** What became of each mail, and what a client would notice of the move. */
export interface Balance extends Verdict {
  readonly differences: readonly SnapshotDifference[];
}

/** Waits until nothing is under way any more, and compares what was accepted and held with what is there. */
export async function drawBalance(
  lab: Lab,
  { before, log, side = "new", find = collectMessageIds, patienceMs = 180_000 }: BalanceInput,
): Promise<Balance> {
  const end = Date.now() + patienceMs;
  for (const host of [lab.hosts.old, lab.hosts.new]) await emptyQueue(host, end);
  const found = await find(lab.hosts[side]);
  const sent = await readSenderLog(log);
  const verdict = accountFor({ sent: sent.values(), before, found });
  const differences = compareSnapshots(before, await takeSnapshot(lab.hosts[side]));
  return { ...verdict, differences, good: verdict.good && differences.length === 0 };
}

/** The numbers of a balance, one a line, and what was lost or doubled by name. */
export function balanceLines(balance: Balance): readonly string[] {
  const lost = [...balance.lost, ...balance.lostFromBefore];
  const named = [...lost, ...balance.doubled, ...balance.stray].slice(0, 20);
  const noticed = balance.differences.slice(0, 20);
  return [
    `messages moved               ${balance.heldBefore}`,
    `mails accepted while moving  ${balance.accepted}`,
    `lost                         ${lost.length}`,
    `doubled                      ${balance.doubled.length}`,
    ...named.map(({ id, mailbox, copies }) => `  ${id} for ${mailbox}: ${copies} on new`),
    `differences for clients      ${balance.differences.length}`,
    ...noticed.map(({ user, folder, kind, detail }) => `  ${user} ${folder}: ${kind}, ${detail}`),
  ];
}

// What the old server could not hand over goes on waiting there: that is no loss yet, but no end either.
async function emptyQueue(host: LabHost, end: number): Promise<void> {
  while ((await queueOf(host)) !== "" && Date.now() < end) {
    await host.exec(["postqueue", "-f"]);
    await sleep(1000);
  }
}

async function queueOf(host: LabHost): Promise<string> {
  const { stdout } = await host.exec([
    "find",
    ...["maildrop", "incoming", "active", "deferred"].map((queue) => `/var/spool/postfix/${queue}`),
    "-type",
    "f",
  ]);
  return stdout.trim();
}
