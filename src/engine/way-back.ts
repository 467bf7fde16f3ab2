import type { CarriedRoot, Proof } from "../contract/change.ts";
import { Refused } from "../contract/errors.ts";
import type { LatchName } from "../contract/latch.ts";
import type { Playbook, Stage } from "../language/model/playbook.ts";
import { type Standing, thaws } from "./gates.ts";
import type { RunScope } from "./scope.ts";

/*
 * The way back behind the opening, by its marks. `new-frozen` is set: new takes no mail, nothing goes forward, and only
 * `mail_merge` writes among old's mail. All of new's mail is proven to be on old; `new-opened` is lifted, and that is the
 * turning point: from there on old is the one that counts. Old serves; `old-frozen` is lifted. Last of all `new-frozen` is.
 */

/** Refuses what goes forward while new's mail is on its way back, and the way back where there is nothing to come back from. */
export function requireDirection(stage: Stage, { playbook, state }: Standing): void {
  const { latches, unfinishedStage, stages } = state;
  const { "new-opened": opened, "new-frozen": frozen } = latches;
  if (stage.undoes.length === 0) {
    if (frozen === undefined) return;
    throw new Refused(
      `new is frozen since ${frozen}: its mail goes back to old, and nothing else is done meanwhile`,
      {
        place: stage.place,
        next: `Run the way back to its end: --stage ${backOf(playbook)}`,
      },
    );
  }
  const isBegun = unfinishedStage === stage.name || stages[stage.name]?.failedAt !== undefined;
  if (opened !== undefined || frozen !== undefined || isBegun) return;
  throw new Refused(`stage ${stage.name} is the way back from a new server that was opened: it is not open`, {
    place: stage.place,
    next: "Before the opening `mailferry rollback` brings the old server back.",
  });
}

/** Refuses to take the way back itself back: behind the turning point old may hold mail that new never saw. */
export function requireNotTurned(stage: Stage, { state }: Standing): void {
  if (state.latches["new-opened"] !== undefined) return;
  throw new Refused(`stage ${stage.name} can't be rolled back: old is the one that counts by now`, {
    place: stage.place,
    next: `Run it to its end (--stage ${stage.name}), then move again: --stage ${stage.undoes[0]}`,
  });
}

/** The stages that are not done any more once new is no longer opened. */
export function undoneByTurning({ stages }: Playbook): string[] {
  return stages.flatMap(({ undoes }) => undoes);
}

/**
 * The stages that are neither done nor under way any more, where a latch was found to be lifted: another controller took them back. A rollback
 * of this one that was cut short may have lifted it itself, and goes on.
 */
export function undoneElsewhere(scope: RunScope, latch: LatchName): string[] {
  const { playbook } = scope.request;
  if (latch === "new-opened") return undoneByTurning(playbook);
  if (latch !== "old-frozen") return [];
  const { unfinishedRollback } = scope.record.state();
  return playbook.stages.filter(thaws).flatMap(({ name }) => (name === unfinishedRollback ? [] : [name]));
}

/** Refuses to freeze a new server that was never opened. */
export function requireOpened({ record }: RunScope): void {
  if (record.state().latches["new-opened"] !== undefined) return;
  throw new Refused("new-frozen can't be set: new was not opened, and has nothing to bring back", {
    next: "Before the opening `mailferry rollback` brings the old server back.",
  });
}

/** Refuses to lift a latch out of its order. */
export function requireLiftable(scope: RunScope, name: LatchName): void {
  const { "new-opened": opened, "old-frozen": frozen } = scope.record.state().latches;
  if (name === "new-opened") requireBroughtBack(scope);
  if (name === "old-frozen" && opened !== undefined) {
    throw new Refused(
      "old-frozen can't be lifted: the new server has been opened and may hold mail that old never saw",
      {
        next: "Go forward: run the stages cutover, verify and finish.",
      },
    );
  }
  // With both set new goes on serving: the way back was taken back. With none the way back is at its end.
  if (name === "new-frozen" && opened === undefined && frozen !== undefined) {
    throw new Refused(
      "new-frozen can't be lifted: old is the one that counts by now, and does not serve yet",
      {
        next: "Start old again and lift old-frozen first.",
      },
    );
  }
}

/** Each host, and each root that was merged, has to stand in a proof of the way back that was begun behind new's freeze, in this attempt at the stage. */
function requireBroughtBack({ record, request }: RunScope): void {
  const { proofs = [], merged = [], stages, latches } = record.state();
  const frozen = latches["new-frozen"];
  const begun = stages[request.stage]?.startedAt ?? "";
  const valid = proofs.filter(
    ({ takenAt, isBack }) => isBack === true && frozen !== undefined && takenAt >= frozen && takenAt >= begun,
  );
  const proven = new Set(valid.flatMap(({ oldHost, newHost }) => [`old ${oldHost}`, `new ${newHost}`]));
  const missing = (["old", "new"] as const).flatMap((side) =>
    (request.inventory.groups.get(side) ?? []).filter((host) => !proven.has(`${side} ${host}`)),
  );
  const unproven = merged.filter((root) => !valid.some((proof) => isOf(proof, root)));
  const lacking = [...missing, ...unproven.map(({ newHost, root }) => `${root} of ${newHost}`)];
  if (lacking.length === 0) return;
  throw new Refused(
    `new-opened is not lifted: no proof of this run, behind new's freeze, says that all of new's mail is on old (${lacking.join(", ")})`,
    {
      next: "Let `mail_merge` and `mail_merge_proof` (or `imap_copy` and `imap_copy_proof` with `back`) come between the latch new-frozen and this.",
    },
  );
}

/** A proof of a root is one of all that lies below it. */
export function isOf(proof: Proof, { oldHost, newHost, root }: CarriedRoot): boolean {
  return (
    proof.oldHost === oldHost &&
    proof.newHost === newHost &&
    proof.root !== undefined &&
    `${root}/`.startsWith(`${proof.root}/`)
  );
}

function backOf({ stages }: Playbook): string {
  return stages.find(({ undoes }) => undoes.length > 0)?.name ?? "…";
}
