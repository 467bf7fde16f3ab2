import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { BadInput, type Problem } from "../../contract/errors.ts";
import { isMap } from "../../contract/json.ts";
import type { Keyring } from "../../secrets/keyring.ts";
import { readTextFile } from "../yaml/read-text.ts";
import { openYaml, parseYaml, type YamlFile } from "../yaml/read-yaml.ts";
import { placeOf, problemAt, type Spot } from "../yaml/spot.ts";
import { type Groups, readGroups } from "./inventory-groups.ts";
import { isListShape, readListGroups } from "./inventory-list.ts";
import { runInventoryScript } from "./inventory-script.ts";

/** One `-i`: where its groups come from, and the directory whose `group_vars` and `host_vars` belong to it. */
export interface InventorySource {
  readonly given: string;
  readonly directory: string;
}

/** Names that are no inventories in a directory of them, as in Ansible. */
const notRead =
  /^\.|^(group_vars|host_vars|vars_plugins)$|~$|\.(pyc|pyo|swp|bak|rpm|md|txt|rst|orig|ini|cfg|retry)$/;

/** Reads all files of one source into the groups: a file, an executable, a directory of them, or `host1,host2,`. */
export async function readSource(
  given: string,
  known: Groups,
  problems: Problem[],
  keyring: Keyring,
): Promise<InventorySource> {
  const found = await stat(given).catch(() => undefined);
  if (found === undefined && basename(given).includes(",")) {
    readInto(namesAsYaml(given), known, problems);
    return { given, directory: dirname(given) };
  }
  if (found?.isDirectory()) {
    await readDirectory(given, known, problems, keyring);
    return { given, directory: given };
  }
  await gathering(problems, async () => readInto(await readInventoryFile(given, keyring), known, problems));
  return { given, directory: dirname(given) };
}

async function readDirectory(
  directory: string,
  known: Groups,
  problems: Problem[],
  keyring: Keyring,
): Promise<void> {
  const names = (await readdir(directory)).filter((name) => !notRead.test(name)).sort();
  if (names.length === 0) {
    const hint = "put a YAML file into it, or name another one";
    const place = { file: directory, line: 1, column: 1 };
    problems.push({ message: `${directory} is a directory with no inventory in it`, place, hint });
  }
  for (const name of names) {
    const path = join(directory, name);
    if ((await stat(path)).isDirectory()) await readDirectory(path, known, problems, keyring);
    else
      await gathering(problems, async () =>
        readInto(await readInventoryFile(path, keyring), known, problems),
      );
  }
}

/** The problems of one file must not hide those of the next. */
async function gathering(problems: Problem[], read: () => Promise<void>): Promise<void> {
  try {
    await read();
  } catch (error) {
    if (!(error instanceof BadInput)) throw error;
    problems.push(...error.problems);
  }
}

function readInto(yaml: YamlFile, known: Groups, problems: Problem[]): void {
  const root: Spot = { yaml, pointer: "", value: yaml.value ?? null };
  if (yaml.value === undefined) {
    problems.push({
      message: "the inventory is empty",
      place: { ...placeOf(root), line: 1, column: 1 },
      hint: example,
    });
  } else if (!isMap(root.value)) {
    problems.push(problemAt(root, "an inventory is a mapping of groups", example));
  } else if (isJson(yaml) && isListShape(root)) readListGroups(root, known, problems);
  else readGroups(root, known, problems);
}

/** In YAML a list of hosts is a slip; as JSON it is how `ansible-inventory --list` writes them. */
function isJson({ text }: YamlFile): boolean {
  return /^\s*\{/.test(text);
}

const example =
  "write `all: { children: { old: { hosts: { NAME: { address: … } } }, new: { hosts: { NAME: { address: … } } } } }`";

async function readInventoryFile(file: string, keyring: Keyring): Promise<YamlFile> {
  const found = await stat(file).catch(() => undefined);
  const isExecutable = found !== undefined && (found.mode & 0o111) !== 0;
  const text = isExecutable ? await textOrProgram(file) : await readTextFile(file);
  if (text === undefined || (isExecutable && text.startsWith("#!"))) {
    return openYaml(await runInventoryScript(file), `${file} --list`, { keyring, isRendered: true });
  }
  const foreign = otherFormat(text, file);
  if (foreign !== undefined) throw new BadInput([{ ...foreign, place: { file, line: 1, column: 1 } }]);
  return openYaml(text, file, { keyring, isRendered: true });
}

/** The text of an executable; undefined for a compiled one. */
async function textOrProgram(file: string): Promise<string | undefined> {
  try {
    return await readTextFile(file);
  } catch (error) {
    if (error instanceof BadInput) return undefined;
    throw error;
  }
}

/** Inventories of other kinds, whose first lines give them away. */
function otherFormat(text: string, file: string): Omit<Problem, "place"> | undefined {
  if (text.startsWith("#!")) {
    return { message: `${file} is a script that is not executable`, hint: `chmod +x ${file}` };
  }
  if (/^\s*\[[\w:.-]+\]\s*$/m.test(text) && !/^\s*all\s*:/m.test(text)) {
    const hint = `convert it: ansible-inventory -i ${file} --list --yaml > inventory.yml`;
    return { message: `${file} is in INI format, not YAML`, hint };
  }
  return undefined;
}

function namesAsYaml(given: string): YamlFile {
  const names = basename(given)
    .split(",")
    .map((name) => name.trim());
  const hosts = Object.fromEntries(names.filter((name) => name !== "").map((name) => [name, null]));
  return parseYaml(JSON.stringify({ all: { hosts } }), given);
}
