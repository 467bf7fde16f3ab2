import { readdir, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import { BadInput, type Problem } from "../../contract/errors.ts";
import { isMap } from "../../contract/json.ts";
import type { Keyring } from "../../secrets/keyring.ts";
import { readYaml } from "../yaml/read-yaml.ts";
import { placeOf, type Spot } from "../yaml/spot.ts";

/** The two folders that hold variables beside an inventory or a playbook. */
export type VarsFolder = "group_vars" | "host_vars";

/** Reads the variables that folders hold; every file is read once. */
export interface VarsReader {
  /** What a group's or host's files in one directory hold, in their order: a later one wins. */
  read(directory: string, folder: VarsFolder, name: string): Promise<readonly Spot[]>;
}

const endings = ["", ".yml", ".yaml", ".json"];

/** Makes a reader that gathers the problems of the files, and opens what is encrypted in them. */
export function readVarsWith(problems: Problem[], keyring: Keyring): VarsReader {
  const listed = new Map<string, Promise<ReadonlySet<string>>>();
  const read = new Map<string, Promise<readonly Spot[]>>();

  function namesIn(folder: string): Promise<ReadonlySet<string>> {
    return once(listed, folder, async () => new Set(await entriesIn(folder)));
  }

  return {
    async read(directory, folder, name) {
      const path = join(directory, folder);
      const names = await namesIn(path);
      // The first form that is there counts, as in Ansible: NAME (file or directory), NAME.yml, …
      const found = endings.map((ending) => name + ending).find((candidate) => names.has(candidate));
      if (found === undefined) return [];
      return once(read, join(path, found), () => readAll(join(path, found), problems, keyring));
    },
  };
}

function once<Value>(
  made: Map<string, Promise<Value>>,
  key: string,
  make: () => Promise<Value>,
): Promise<Value> {
  const known = made.get(key) ?? make();
  made.set(key, known);
  return known;
}

async function readAll(path: string, problems: Problem[], keyring: Keyring): Promise<readonly Spot[]> {
  const files = (await stat(path)).isDirectory() ? await filesUnder(path) : [path];
  const spots: Spot[] = [];
  for (const file of files) spots.push(...(await readVarsFile(file, problems, keyring)));
  return spots;
}

/** The files of a directory and of those in it, in sorted order, without what is hidden or a backup. */
async function filesUnder(directory: string): Promise<string[]> {
  const files: string[] = [];
  for (const name of (await entriesIn(directory)).filter((entry) => !/^\.|~$/.test(entry)).sort()) {
    const path = join(directory, name);
    const isDirectory = (await stat(path)).isDirectory();
    if (isDirectory && extname(name) === "") files.push(...(await filesUnder(path)));
    else if (!isDirectory && endings.includes(extname(name))) files.push(path);
  }
  return files;
}

async function entriesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") return [];
    throw error;
  }
}

async function readVarsFile(file: string, problems: Problem[], keyring: Keyring): Promise<Spot[]> {
  try {
    const yaml = await readYaml(file, keyring);
    const root: Spot = { yaml, pointer: "", value: yaml.value ?? {} };
    if (isMap(root.value)) return [root];
    const hint = "write `NAME: VALUE` on a line";
    throw new BadInput([{ message: "variables have to be a mapping", place: placeOf(root), hint }]);
  } catch (error) {
    if (!(error instanceof BadInput)) throw error;
    problems.push(...error.problems);
    return [];
  }
}
