import { type BalanceInput, drawBalance } from "../../src/lab/rehearsal/balance.ts";
import type { SenderProcess } from "../../src/lab/sender/start.ts";
import type { Stage } from "./rehearse.ts";

/**
 * Stops the sender and says what was accepted, lost and doubled, and what a client would notice;
 * `lost` counts what old held before, too. `find`: how it is known what new holds.
 */
export async function account(stage: Stage, traffic: SenderProcess, find?: BalanceInput["find"]) {
  await traffic.stop();
  const balance = await drawBalance(stage.lab, { before: stage.before, log: traffic.log, find });
  return {
    accepted: balance.accepted,
    heldBefore: balance.heldBefore,
    lost: [...balance.lost, ...balance.lostFromBefore],
    doubled: balance.doubled,
    stray: balance.stray,
    differences: balance.differences,
  };
}
