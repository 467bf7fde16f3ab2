import { Refused } from "../contract/errors.ts";
import { renderValue } from "../expression/template.ts";
import { tasksIn } from "../language/checks/known-names.ts";
import type { Playbook, Stage } from "../language/model/playbook.ts";
import type { RunScope } from "./scope.ts";
import type { MigrationState } from "./state.ts";

/** Where a migration stands when somebody wants to go on with it. The journal knows of every latch by then. */
export interface Standing {
  readonly playbook: Playbook;
  readonly state: MigrationState;
  readonly now: Date;
}

/** Refuses a stage whose required stages are not done, or were done too long ago. */
export function requireStages(stage: Stage, { state, now }: Standing): void {
  // Once new was opened there is only forward: what led there can't be done again, by whichever controller.
  if (stage.confirm !== undefined && state.latches["new-opened"] !== undefined) return;
  for (const { stage: name, withinSeconds } of stage.requires) {
    const doneAt = state.stages[name]?.doneAt;
    if (doneAt === undefined || state.unfinishedStage === name) {
      throw new Refused(`stage ${stage.name} needs stage ${name} first, and that is not done`, {
        place: stage.place,
        next: `Run it: --stage ${name}`,
      });
    }
    const ageSeconds = (now.getTime() - Date.parse(doneAt)) / 1000;
    if (withinSeconds !== undefined && ageSeconds > withinSeconds && !isUnderWay(stage, state)) {
      throw new Refused(
        `stage ${name} was done ${Math.round(ageSeconds)} s ago; ${stage.name} wants it within ${withinSeconds} s`,
        { place: stage.place, next: `Run it once more: --stage ${name}` },
      );
    }
  }
}

/** Refuses a rollback that would lose mail. */
export function requireNotOpened({ playbook, state }: Standing): void {
  if (state.latches["new-opened"] === undefined) return;
  throw new Refused(
    "rollback is refused: the new server has been opened, and mail that it took since would be lost to the old one",
    {
      next: `Go forward: run the stages cutover, verify and finish; the old server relays to the new.${otherWay(playbook)}`,
    },
  );
}

function otherWay({ stages }: Playbook): string {
  const back = stages.find(({ undoes }) => undoes.length > 0);
  return back === undefined ? "" : ` Or bring what new took back to old: --stage ${back.name}`;
}

/**
 * While old is frozen, the stage that froze it goes back first: another one's rollback would let new serve beside an old
 * that nobody can reach, with no mark that mail comes in there.
 */
export function requireThawedFirst(stage: Stage, { playbook, state }: Standing): void {
  const thawing = playbook.stages.filter(thaws);
  const [first] = thawing;
  if (first === undefined || thawing.includes(stage) || state.latches["old-frozen"] === undefined) return;
  throw new Refused(`stage ${stage.name} can't be rolled back while old is frozen by ${first.name}`, {
    place: stage.place,
    next: `Roll that back first: mailferry rollback … --stage ${first.name}`,
  });
}

/** Whether a stage's rollback brings a frozen old back. A role that several stages share may have the latch's name from its caller. */
export function thaws({ rollback, undoes }: Stage): boolean {
  const isOldFrozen = (name: unknown) => name === "old-frozen" || String(name).includes("{{");
  return rollback
    .flatMap(({ tasks }) => tasks.flatMap(tasksIn))
    .some(
      ({ module, args: { values } }) =>
        module === "latch" && values.state === "lifted" && undoes.length === 0 && isOldFrozen(values.name),
    );
}

/** Asks the person to type the name of the host that stops: old, or new on the way back. A stage that is being resumed was confirmed already. */
export async function requireConfirmation(scope: RunScope, playbook: Playbook, stage: Stage): Promise<void> {
  const { request } = scope;
  if (stage.confirm === undefined || request.checkMode) return;
  const [stopping] = request.inventory.groups.get(stage.undoes.length > 0 ? "new" : "old") ?? [];
  const expected = stopping ?? playbook.name;
  const message = renderValue(stage.confirm.text, scope.variables.forStage(expected), stage.confirm.place);
  const typed = await request.prompter.typed({
    key: `confirm-${stage.name}`,
    message: String(message),
    expected,
  });
  if (!typed) {
    throw new Refused(`stage ${stage.name} was not confirmed; nothing was touched`, {
      next: `Type ${expected} to confirm it.`,
    });
  }
}

// A stage that froze the old server must be able to go on however long the pause was.
function isUnderWay(stage: Stage, state: MigrationState): boolean {
  return state.unfinishedStage === stage.name || state.latches["old-frozen"] !== undefined;
}
