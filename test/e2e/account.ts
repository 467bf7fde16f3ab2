import { drawBalance } from "../../src/lab/rehearsal/balance.ts";
import type { SenderProcess } from "../../src/lab/sender/start.ts";
import type { Stage } from "./rehearse.ts";

/**
 * Stops the sender and says what was accepted, lost and doubled, and what a client would notice;
 * `lost` counts what old held before, too.
 */
export async function account(stage: Stage, traffic: SenderProcess) {
  await traffic.stop();
  const balance = await drawBalance(stage.lab, { before: stage.before, log: traffic.log });
  return {
    accepted: balance.accepted,
    heldBefore: balance.heldBefore,
    lost: [...balance.lost, ...balance.lostFromBefore],
    doubled: balance.doubled,
    stray: balance.stray,
    differences: balance.differences,
  };
}
