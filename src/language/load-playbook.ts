import { basename, dirname } from "node:path";
import { BadInput, type Problem } from "../contract/errors.ts";
import { isList, isMap } from "../contract/json.ts";
import { checkPlaybook } from "./checks/check-playbook.ts";
import type { Playbook, Stage } from "./model/playbook.ts";
import { withChains } from "./outline.ts";
import type { PlaybookContext } from "./playbook-context.ts";
import { sortProblems } from "./problems.ts";
import { projectOf } from "./project-directory.ts";
import { readPlays, readStage } from "./read-stage.ts";
import { readTasksWith } from "./read-tasks.ts";
import { type Reading, startReading } from "./reading.ts";
import { usableSchema } from "./role-scope.ts";
import { validateSpot } from "./schema-problems/schema-problems.ts";
import { playbookSchema } from "./schemas/playbook.ts";
import { textAt } from "./task-words.ts";
import { childAt, entriesOf, keyPlaceOf, problemAt, type Spot, valuesAt } from "./yaml/spot.ts";

/** A playbook that can be run, and what is doubtful in it. */
export interface LoadedPlaybook {
  readonly playbook: Playbook;
  readonly warnings: readonly Problem[];
}

/** Reads a playbook with its roles and included files, and checks all that can be known before a run. Throws BadInput with every problem. */
export async function loadPlaybook(file: string, context: PlaybookContext): Promise<LoadedPlaybook> {
  const reading = startReading(context, readTasksWith);
  const playbook = await readPlaybook(file, reading);
  const found = [...reading.problems];
  if (playbook !== undefined)
    found.push(...checkPlaybook(playbook, context, reading.modules, found.length === 0));
  const placed = withChains(found, reading.outline);
  const errors = found.filter(({ severity }) => severity !== "warning");
  if (errors.length > 0 || playbook === undefined) throw new BadInput(sortProblems(placed, file));
  return { playbook, warnings: sortProblems(placed, file) };
}

async function readPlaybook(file: string, reading: Reading): Promise<Playbook | undefined> {
  const yaml = await reading.yaml(file);
  if (yaml === undefined) return undefined;
  const root: Spot = { yaml, pointer: "", value: yaml.value ?? null };
  if (yaml.value === undefined) {
    reading.problems.push(problemAt(root, "the playbook is empty", "begin with `name:` and `stages:`"));
    return undefined;
  }
  const directory = dirname(file);
  const scope = { directory, boundary: projectOf(directory) };
  if (isList(root.value)) {
    const plays = await readPlays(root, { ...scope, id: "p" }, reading);
    const stage: Stage = {
      name: "main",
      place: keyPlaceOf(root),
      repeatable: true,
      isPlainList: true,
      requires: [],
      plays,
      rollback: [],
      undoes: [],
    };
    return { file, name: nameOf(file), vars: {}, stages: [stage] };
  }
  if (!isMap(root.value)) {
    const hint = "write a mapping with `stages:`, or a list of plays";
    reading.problems.push(problemAt(root, "a playbook is a mapping or a list of plays", hint));
    return undefined;
  }
  reading.problems.push(...validateSpot(playbookSchema, root, { what: "a playbook", keyHint }));
  const stages: Stage[] = [];
  for (const spot of entriesOf(childAt(root, "stages"))) {
    const stage = await readStage(spot, scope, reading);
    if (stage !== undefined) stages.push(stage);
  }
  return {
    file,
    name: textAt(root, "name") ?? nameOf(file),
    vars: valuesAt(childAt(root, "vars")),
    varsSchema: readVarsSchema(childAt(root, "vars_schema"), reading),
    stages,
    movesDomains: childAt(root, "moves_domains")?.value === true,
    rootLogin: textAt(root, "root_login"),
  };
}

function readVarsSchema(spot: Spot | undefined, reading: Reading): Playbook["varsSchema"] {
  const schema = spot === undefined ? undefined : usableSchema(spot, reading);
  return spot === undefined || schema === undefined ? undefined : { schema, place: keyPlaceOf(spot) };
}

function nameOf(file: string): string {
  return basename(file).replace(/\.ya?ml$/, "");
}

function keyHint(key: string): string | undefined {
  if (key === "hosts" || key === "tasks" || key === "roles") {
    return "a play stands in a stage: `stages: [{ name: …, plays: [ … ] }]`, or make the file a list of plays";
  }
  return undefined;
}
