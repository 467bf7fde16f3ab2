import type { SenderProcess } from "../../src/lab/sender/start.ts";
import { type Stage, until } from "../e2e/rehearse.ts";
import { leftovers, type Standing } from "./leftovers.ts";
import { lookAtOld, type OldState, whatBecameOfOld } from "./old-untouched.ts";
import { differentData } from "./same-data.ts";
import type { SoakedPlaybook } from "./soaked-playbook.ts";

/** Which of the two servers counts. */
export type Side = "old" | "new";

/** What was there before a move. */
export interface Before {
  readonly stands: Standing;
  readonly old: OldState;
}

/** What counting and comparing came to. */
export interface Checked {
  readonly accepted: number;
  readonly held: number;
  readonly lost: number;
  readonly doubled: number;
  /** As sentences, with what was lost and doubled. */
  readonly findings: readonly string[];
}

export interface CheckOptions {
  readonly playbook: SoakedPlaybook;
  /** Where all mail has to be by now. */
  readonly side: Side;
  readonly before: Before;
}

/** Stops the mail, counts everything and compares it. */
export async function check(
  stage: Stage,
  traffic: SenderProcess,
  { playbook, side, before }: CheckOptions,
): Promise<Checked> {
  const sums = await playbook.account(stage, traffic, side);
  // A job's files go when its end was seen, and a lock when the link that holds it has ended on the host.
  let left: string[] = [];
  const isClean = async () => {
    left = await leftovers(stage, playbook, before.stands);
    return left.length === 0;
  };
  await until(isClean, 30_000).catch(() => undefined);
  return {
    accepted: sums.accepted,
    held: sums.heldBefore,
    lost: sums.lost.length,
    doubled: sums.doubled.length,
    findings: [
      ...sums.lost.map(({ id, mailbox }) => `lost: ${id} of ${mailbox}`),
      ...sums.doubled.map(({ id, mailbox, copies }) => `${copies} times there: ${id} of ${mailbox}`),
      ...sums.stray.map(({ id, mailbox }) => `astray: ${id} in ${mailbox}`),
      ...sums.differences.map((each) => `${each.user} ${each.folder}: ${each.kind}, ${each.detail}`),
      ...left,
      ...(await differentData(stage, playbook)),
      ...whatBecameOfOld(playbook.old, before.old, await lookAtOld(stage.lab.hosts.old, playbook)),
    ],
  };
}
