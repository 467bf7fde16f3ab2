import { drawBalance } from "../../src/lab/rehearsal/balance.ts";
import type { SenderProcess } from "../../src/lab/sender/start.ts";
import type { Stage } from "./rehearse.ts";

/** Stops the sender and says what was accepted, lost and doubled; `lost` counts what old held before, too. */
export async function account(stage: Stage, traffic: SenderProcess) {
  await traffic.stop();
  const verdict = await drawBalance(stage.lab, { before: stage.before, log: traffic.log });
  return {
    accepted: verdict.accepted,
    heldBefore: verdict.heldBefore,
    lost: [...verdict.lost, ...verdict.lostFromBefore],
    doubled: verdict.doubled,
    stray: verdict.stray,
  };
}
