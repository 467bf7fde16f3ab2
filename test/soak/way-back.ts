import type { Rehearsal } from "../../src/lab/rehearsal/rehearsal.ts";
import { until } from "../e2e/rehearse.ts";
import { type Before, type Checked, check, type Side } from "./check.ts";
import { type Course, moveAll, typeOn } from "./course.ts";
import { type NextCommand, nextCommand } from "./operator.ts";
import type { SoakedPlaybook, WayBack } from "./soaked-playbook.ts";
import type { Turn } from "./turn.ts";

/** So many mails come in while one server or the other serves, before anything else is done. */
const mailsMeanwhile = 30;

/**
 * Moves until new serves, lets users work there, and goes the stage `back`; looks whether all is on old, and moves again, to the end.
 * The mail stops coming in once old has served for a while: what has to be where is certain only then.
 */
export async function moveThereBackAndThere(
  course: Course,
  before: Before,
): Promise<{ readonly turns: readonly Turn[]; readonly checked: readonly Checked[] }> {
  const { stage, playbook, traffic } = course;
  const wayBack = requireWayBack(playbook);
  const there = await typeOn(course, () => untilServing(stage.rehearsal));
  await untilMore(course);
  // What has to be on old is what new holds by now, and what comes in.
  const used = await wayBack.useNew(stage);
  const back = await typeOn(course, () => onTheWayBack(stage.rehearsal));
  await untilMore(course);
  const onOld = await look("old", {
    ...playbook,
    stays: wayBack.stays,
    old: { ...playbook.old, isDocumented: wayBack.isDocumented },
  });
  const again = await moveAll(course);
  return { turns: [...there, ...back, ...again], checked: [onOld, await look("new", playbook)] };

  function look(side: Side, ended: SoakedPlaybook): Promise<Checked> {
    return check(used, traffic, { playbook: ended, side, before });
  }
}

/** The way back of a playbook; throws when it is not soaked. */
export function requireWayBack({ name, wayBack }: SoakedPlaybook): WayBack {
  if (wayBack !== undefined) return wayBack;
  throw new Error(`the soak does not know the way back of ${name}`);
}

/** What `status` says to type until it is `finish`, which takes the safety net down. */
async function untilServing(rehearsal: Rehearsal): Promise<NextCommand | undefined> {
  const command = await nextCommand(rehearsal);
  return command?.stage === "finish" ? undefined : command;
}

/** `status` names the way back once it is begun, and the copy once it is done; until then the operator knows what they want. */
async function onTheWayBack(rehearsal: Rehearsal): Promise<NextCommand | undefined> {
  const command = await nextCommand(rehearsal);
  if (command?.stage === "back") return command;
  if (command?.stage === "hot-copy") return undefined;
  const { playbook, inventory } = rehearsal;
  return { words: `run ${playbook} -i ${inventory} --stage back`, stage: "back", mayResume: false };
}

async function untilMore({ traffic }: Course): Promise<void> {
  const { accepted } = traffic.tally();
  await until(() => traffic.tally().accepted >= accepted + mailsMeanwhile, 300_000);
}
