import { isMap } from "../contract/json.ts";
import { durationSeconds } from "./duration.ts";
import { withShortNames } from "./full-names.ts";
import type { Play, Requirement, Stage } from "./model/playbook.ts";
import { readImportedPlays } from "./read-import-playbook.ts";
import { type PlayScope, readPlay } from "./read-play.ts";
import type { Reading } from "./reading.ts";
import { validateSpot } from "./schema-problems/schema-problems.ts";
import { stageSchema } from "./schemas/playbook.ts";
import { flagAt, textAt } from "./task-words.ts";
import { childAt, entriesOf, keyPlaceOf, placeOf, problemAt, type Spot, sourceAt } from "./yaml/spot.ts";

/** Reads one stage of a playbook. undefined when it can't be one, which is then among the problems. */
export async function readStage(
  spot: Spot,
  scope: Omit<PlayScope, "id">,
  reading: Reading,
): Promise<Stage | undefined> {
  if (!isMap(spot.value)) {
    reading.problems.push(
      problemAt(spot, "a stage has to be a mapping", "write `- name: …` and its `plays`"),
    );
    return undefined;
  }
  const keyHint = (key: string) =>
    key === "hosts" || key === "tasks" ? "put it into a play under `plays`" : undefined;
  reading.problems.push(...validateSpot(stageSchema, spot, { what: "a stage", keyHint }));
  const confirm = childAt(spot, "confirm");
  return {
    name: textAt(spot, "name") ?? "",
    place: keyPlaceOf(spot),
    description: textAt(spot, "description"),
    repeatable: flagAt(spot, "repeatable") ?? false,
    requires: entriesOf(childAt(spot, "requires")).map(readRequirement),
    confirm: confirm === undefined ? undefined : sourceAt(confirm),
    plays: await readPlays(childAt(spot, "plays"), { ...scope, id: "p" }, reading),
    rollback: await readPlays(childAt(spot, "rollback"), { ...scope, id: "rollback-p" }, reading),
    undoes: entriesOf(childAt(spot, "undoes")).flatMap(({ value }) =>
      typeof value === "string" ? [value] : [],
    ),
  };
}

/** Reads a list of plays, whose tasks' ids begin with `scope.id` and the play's number. */
export async function readPlays(spot: Spot | undefined, scope: PlayScope, reading: Reading): Promise<Play[]> {
  const plays: Play[] = [];
  for (const [index, written] of entriesOf(spot).entries()) {
    const entry = withShortNames(written);
    const inside = { ...scope, id: `${scope.id}${index + 1}` };
    if (childAt(entry, "import_playbook") === undefined) {
      const play = await readPlay(entry, inside, reading);
      if (play !== undefined) plays.push(play);
    } else {
      const imported = { ...inside, id: `${inside.id}-` };
      plays.push(...(await readImportedPlays(entry, imported, reading, readPlays)));
    }
  }
  return plays;
}

function readRequirement(spot: Spot): Requirement {
  if (typeof spot.value === "string") return { stage: spot.value, place: placeOf(spot) };
  const within = childAt(spot, "within");
  return {
    stage: textAt(spot, "stage") ?? "",
    place: placeOf(childAt(spot, "stage") ?? spot),
    withinSeconds: within === undefined ? undefined : durationSeconds(within.value),
  };
}
