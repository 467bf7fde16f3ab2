import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, join, normalize, sep } from "node:path";
import { BadInput, type Place } from "../contract/errors.ts";
import type { JsonObject } from "../contract/json.ts";
import type { ReadVariables, VariableFiles } from "../contract/variable-files.ts";
import { didYouMean } from "../expression/did-you-mean.ts";
import { mergeVariables } from "../expression/placed-values.ts";
import type { Keyring } from "../secrets/keyring.ts";
import type { RoleScope } from "./model/role.ts";
import { readVariables } from "./vars-files.ts";

/** Where a task's files of variables are looked for. */
export interface VariablesHome {
  readonly role?: RoleScope | undefined;
  readonly playbookDirectory: string;
  readonly keyring: Keyring;
  /** The place of the task, for errors. */
  readonly place: Place;
}

/** Reads the files that `include_vars` asks for, later ones over earlier ones. Throws BadInput. */
export async function readVariableFiles(wanted: VariableFiles, home: VariablesHome): Promise<ReadVariables> {
  const files =
    wanted.dir === undefined ? [find(wanted.file ?? "", home)] : filesIn(find(wanted.dir, home), wanted);
  let values: JsonObject = {};
  for (const file of files) values = mergeVariables(values, await readVariables(file, home.keyring));
  return { values, files };
}

/** In `vars/` of the role, in the role, in `vars/` beside the playbook, beside the playbook. */
function find(name: string, { role, playbookDirectory, place }: VariablesHome): string {
  const inside = normalize(name);
  if (inside === ".." || inside.startsWith(`..${sep}`) || inside.startsWith(sep)) {
    const hint = "put it into `vars/`, and name it by its path from there";
    throw new BadInput([{ message: `${name} leads out of the project`, place, hint }]);
  }
  const homes = [...(role === undefined ? [] : [role.directory]), playbookDirectory];
  const candidates = homes.flatMap((home) => [join(home, "vars", inside), join(home, inside)]);
  const found = candidates.find((path) => existsSync(path));
  if (found !== undefined) return found;
  const folders = homes.map((home) => join(home, "vars")).filter((path) => existsSync(path));
  const near = didYouMean(
    basename(name),
    folders.flatMap((path) => readdirSync(path)),
  );
  throw new BadInput([{ message: `there is no file ${candidates[0]}`, place, hint: near }]);
}

function filesIn(directory: string, wanted: VariableFiles, level = 1): string[] {
  const { depth = 0, extensions = ["yaml", "yml", "json"], filesMatching, ignoreFiles = [] } = wanted;
  const names = readdirSync(directory).sort();
  return names.flatMap((name) => {
    const path = join(directory, name);
    if (statSync(path).isDirectory())
      return depth === 0 || level < depth ? filesIn(path, wanted, level + 1) : [];
    const isWanted =
      extensions.some((extension) => name.endsWith(`.${extension}`)) &&
      !ignoreFiles.includes(name) &&
      (filesMatching === undefined || new RegExp(filesMatching).test(name));
    return isWanted ? [path] : [];
  });
}
