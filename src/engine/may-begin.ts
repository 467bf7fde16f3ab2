import { Refused } from "../contract/errors.ts";
import type { Stage } from "../language/model/playbook.ts";
import { requireNotOpened, requireStages, requireThawedFirst, type Standing } from "./gates.ts";
import { requireDirection, requireNotTurned } from "./way-back.ts";

/** Refuses to run a stage where the migration does not stand before it. */
export function requireMayRun(stage: Stage, standing: Standing): void {
  requireDirection(stage, standing);
  requireStages(stage, standing);
}

/** Refuses to roll a stage back where that would lose mail, or where it has no way back. */
export function requireMayRollBack(stage: Stage, standing: Standing): void {
  if (stage.rollback.length === 0) {
    throw new Refused(`stage ${stage.name} has no rollback`, { place: stage.place });
  }
  if (stage.undoes.length > 0) {
    requireNotTurned(stage, standing);
    return;
  }
  requireNotOpened(standing);
  requireDirection(stage, standing);
  requireThawedFirst(stage, standing);
}

/** Whether the stage can be run, or rolled back, where the migration stands. */
export function mayBegin(command: "run" | "rollback", stage: Stage, standing: Standing): boolean {
  try {
    (command === "run" ? requireMayRun : requireMayRollBack)(stage, standing);
    return true;
  } catch (error) {
    if (error instanceof Refused) return false;
    throw error;
  }
}
