import { existsSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { isList } from "../contract/json.ts";
import { mergeVariables } from "../expression/placed-values.ts";
import { holdsTemplate } from "../expression/template.ts";
import { hintForAnsibleWord } from "./ansible-words.ts";
import type { Play } from "./model/playbook.ts";
import type { TaskNode } from "./model/task.ts";
import type { PlayScope } from "./read-play.ts";
import type { Reading } from "./reading.ts";
import { validateSpot } from "./schema-problems/schema-problems.ts";
import { importPlaybookSchema } from "./schemas/import-playbook.ts";
import { sourcesAt, tagsAt } from "./task-words.ts";
import { childAt, problemAt, type Spot, valuesAt } from "./yaml/spot.ts";

type ReadPlays = (spot: Spot, scope: PlayScope, reading: Reading) => Promise<Play[]>;

/** Reads `import_playbook`: the plays of another file, with the words beside it. */
export async function readImportedPlays(
  spot: Spot,
  scope: PlayScope,
  reading: Reading,
  readPlays: ReadPlays,
): Promise<Play[]> {
  const options = { what: "an import of a playbook", keyHint: hintForAnsibleWord };
  reading.problems.push(...validateSpot(importPlaybookSchema, spot, options));
  const name = childAt(spot, "import_playbook");
  if (typeof name?.value !== "string" || name.value === "") return [];
  const root = await readListed(name, scope, reading);
  if (root === undefined) return [];
  const file = resolve(scope.directory, name.value);
  const inside = { ...scope, directory: dirname(file), imports: [...(scope.imports ?? []), file] };
  const plays = await readPlays(root, inside, reading);
  return plays.map((play) => withWords(spot, play));
}

async function readListed(name: Spot, scope: PlayScope, reading: Reading): Promise<Spot | undefined> {
  const written = String(name.value);
  const refuse = (spot: Spot, message: string, hint?: string) => {
    reading.problems.push(problemAt(spot, message, hint));
    return undefined;
  };
  if (holdsTemplate(name.value)) {
    return refuse(name, "a playbook is imported before anything runs: its name can't be a template");
  }
  const file = resolve(scope.directory, written);
  const way = scope.imports ?? [];
  if (way.includes(file) || file === resolve(name.yaml.file)) {
    const circle = [...way, resolve(name.yaml.file), file].map((one) =>
      relative(resolve(scope.boundary), one),
    );
    return refuse(
      name,
      `playbooks import each other in a circle: ${[...new Set(circle.slice(0, -1)), circle.at(-1)].join(" → ")}`,
    );
  }
  if (!existsSync(file)) return refuse(name, `there is no file ${written}`);
  const yaml = await reading.yaml(file);
  if (yaml === undefined) return undefined;
  const root: Spot = { yaml, pointer: "", value: yaml.value ?? [] };
  if (isList(root.value)) return root;
  const hint = "a playbook with stages is run by itself; import a file that is a list of plays";
  return refuse(name, `${written} is no list of plays`, hint);
}

function withWords(spot: Spot, play: Play): Play {
  const when = sourcesAt(childAt(spot, "when"));
  const asked = (node: TaskNode): TaskNode =>
    node.kind === "meta" && node.implicit ? node : { ...node, when: [...when, ...node.when] };
  return {
    ...play,
    vars: mergeVariables(play.vars, valuesAt(childAt(spot, "vars"))),
    tags: [...new Set([...play.tags, ...tagsAt(childAt(spot, "tags"))])],
    tasks: when.length === 0 ? play.tasks : play.tasks.map(asked),
  };
}
