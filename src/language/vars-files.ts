import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { BadInput } from "../contract/errors.ts";
import { isList, isMap, type JsonObject } from "../contract/json.ts";
import type { Keyring } from "../secrets/keyring.ts";
import type { VarsFile } from "./model/playbook.ts";
import type { Reading } from "./reading.ts";
import { readYaml, type YamlFile } from "./yaml/read-yaml.ts";
import { entriesOf, placeOf, problemAt, type Spot, sourceAt, valuesAt } from "./yaml/spot.ts";

/** Reads `vars_files`. A file whose name is a template is read while the play runs. */
export async function readVarsFiles(
  spot: Spot | undefined,
  directory: string,
  reading: Reading,
): Promise<VarsFile[]> {
  if (spot === undefined) return [];
  const entries = isList(spot.value) ? entriesOf(spot) : [spot];
  return Promise.all(entries.map((entry) => readEntry(entry, directory, reading)));
}

async function readEntry(entry: Spot, directory: string, reading: Reading): Promise<VarsFile> {
  const candidates = (isList(entry.value) ? entriesOf(entry) : [entry]).map(sourceAt);
  const file: VarsFile = { place: placeOf(entry), candidates };
  if (candidates.some(({ text }) => text.includes("{{"))) return file;
  const found = firstThere(candidates.map(({ text }) => resolve(directory, text)));
  if (found === undefined) {
    reading.problems.push(problemAt(entry, ...missing(candidates.map(({ text }) => text))));
    return { ...file, values: {} };
  }
  const yaml = await reading.yaml(found);
  if (yaml === undefined) return { ...file, values: {} };
  return { ...file, values: gathering(reading, () => variablesOf(yaml)) };
}

/** The variables of a YAML file. Throws BadInput when it holds something else. */
export async function readVariables(file: string, keyring: Keyring): Promise<JsonObject> {
  return variablesOf(await readYaml(file, keyring));
}

/** The first of several files that is there. */
export function firstThere(files: readonly string[]): string | undefined {
  return files.find((file) => existsSync(file));
}

/** What to say of `vars_files` of which none is there: a message and a hint. */
export function missing(names: readonly string[]): [string, string] {
  const message =
    names.length === 1 ? `there is no file ${names[0]}` : `none of ${names.join(", ")} is there`;
  return [message, "name a file relative to the playbook; of a list the first that is there is read"];
}

function variablesOf(yaml: YamlFile): JsonObject {
  const root: Spot = { yaml, pointer: "", value: yaml.value ?? {} };
  if (isMap(root.value)) return valuesAt(root);
  throw new BadInput([problemAt(root, "a file of variables has to be a mapping", "write `name: value`")]);
}

function gathering(reading: Reading, read: () => JsonObject): JsonObject {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof BadInput)) throw error;
    reading.problems.push(...error.problems);
    return {};
  }
}
