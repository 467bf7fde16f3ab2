import type { Random } from "../../src/lab/seeder/random.ts";
import type { Fault } from "./fault.ts";
import { killController, movedClock, signalController, sleepingController } from "./faults/controller.ts";
import { fullDisk, noInodes } from "./faults/disks.ts";
import {
  killedCopy,
  powerCut,
  reboot,
  restartedSshd,
  restartedStore,
  startedService,
} from "./faults/hosts.ts";
import { endedConnections, lostLink, resetConnections, slowLink } from "./faults/network.ts";
import { fullState, readOnlyState, secondController } from "./faults/state.ts";

/** A fault, and how long after the beginning of its step it strikes. */
export interface PlannedFault {
  readonly fault: Fault;
  readonly delayMs: number;
}

/** Decides what goes wrong in a step that has never begun before; undefined: nothing. */
export type FaultPlan = (random: Random, stage: string) => PlannedFault | undefined;

/** Kills the controller once in every step of every stage. */
export const killEveryStep: FaultPlan = (random) => ({
  fault: killController,
  delayMs: random.integer(0, 150),
});

/** Has its plan for one stage only. */
export function onlyIn(name: string, plan: FaultPlan): FaultPlan {
  return (random, stage) => (stage === name ? plan(random, stage) : undefined);
}

/** Everything that is known to go wrong. */
export const allFaults: readonly Fault[] = [
  killController,
  ...signalController,
  sleepingController,
  movedClock,
  lostLink,
  endedConnections,
  resetConnections,
  slowLink,
  reboot,
  powerCut,
  restartedSshd,
  startedService,
  restartedStore,
  killedCopy,
  fullDisk,
  noInodes,
  fullState,
  readOnlyState,
  secondController,
];

/** Lets something go wrong in a share of the steps, at their beginning or deep inside. */
export function anyFault(share: number): FaultPlan {
  return (random) => {
    // Drawn in any case, so that the plan of later steps does not hang on the share.
    const planned = { fault: random.pick(allFaults), delayMs: Math.round(20 * 200 ** random.next()) };
    return random.chance(share) ? planned : undefined;
  };
}
