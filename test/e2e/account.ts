import { type BalanceInput, drawBalance } from "../../src/lab/rehearsal/balance.ts";
import type { SenderProcess } from "../../src/lab/sender/start.ts";
import type { Stage } from "./rehearse.ts";

/**
 * Stops the sender and says what was accepted, lost and doubled, and what a client would notice;
 * `lost` counts what old held before, too. `find`: how it is known what a host holds;
 * `side`: which one has to hold all, new when left out.
 */
export async function account(
  stage: Stage,
  traffic: SenderProcess,
  { find, side }: Pick<BalanceInput, "find" | "side"> = {},
) {
  await traffic.stop();
  const balance = await drawBalance(stage.lab, { before: stage.before, log: traffic.log, find, side });
  return {
    accepted: balance.accepted,
    heldBefore: balance.heldBefore,
    lost: [...balance.lost, ...balance.lostFromBefore],
    doubled: balance.doubled,
    stray: balance.stray,
    differences: balance.differences,
  };
}
