import { readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import type { JsonObject } from "../contract/json.ts";
import { didYouMean } from "../expression/did-you-mean.ts";
import type { Reading } from "./reading.ts";
import { problemAt, type Spot } from "./yaml/spot.ts";

/** A role as a playbook names it. */
export interface RoleUse {
  readonly name: Spot;
  readonly entry: string | undefined;
  readonly entrySpot: Spot;
  readonly entryVars?: JsonObject | undefined;
  readonly parameters: JsonObject;
  /** An entry of `roles:`, whose words go down to the role's handlers too. */
  readonly words?: Spot | undefined;
  /** Files other than `main.yml` in the role's folders. */
  readonly from?: RoleFiles | undefined;
  /** Whether all tasks of the play see the role's variables. */
  readonly isPublic?: boolean | undefined;
  /** Whether it runs each time, though it is used again in the same way. */
  readonly mayRepeat?: boolean | undefined;
}

/** The names of files by the role's folders that they are in. */
export type RoleFiles = Readonly<Partial<Record<"defaults" | "vars" | "handlers", Spot | undefined>>>;

/** The directory of a role: the first of that name in the role directories. */
export async function findRole({ name }: RoleUse, reading: Reading): Promise<string | undefined> {
  const wanted = String(name.value);
  const hint = "a role is named by its folder, with letters, digits, `_` and `-`";
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(wanted)) {
    reading.problems.push(problemAt(name, `\`${wanted}\` can't be the name of a role`, hint));
    return undefined;
  }
  for (const directory of reading.roleDirectories) {
    if (await isDirectory(join(directory, wanted))) return join(directory, wanted);
  }
  const known = (await Promise.all(reading.roleDirectories.map(foldersIn))).flat();
  const looked = reading.roleDirectories.join(", ");
  const otherwise = `looked in ${looked}; there ${known.length === 0 ? "are none" : `are ${[...new Set(known)].sort().join(", ")}`}`;
  reading.problems.push(
    problemAt(name, `unknown role \`${wanted}\``, didYouMean(wanted, known) ?? otherwise),
  );
  return undefined;
}

/** The file of a folder of a role: the one that is named, or `main.yml` whether it is there or not. */
export async function findRoleFile(
  directory: string,
  folder: keyof RoleFiles,
  { from }: RoleUse,
  reading: Reading,
): Promise<string> {
  const named = from?.[folder];
  const files = (await filesIn(join(directory, folder))).filter((file) => /\.ya?ml$/.test(file));
  const bare = (file: string) => file.replace(/\.ya?ml$/, "");
  const wanted = named === undefined ? "main" : bare(String(named.value));
  const file = files.find((one) => bare(one) === wanted);
  if (file === undefined && named !== undefined) {
    const message = `the role \`${basename(directory)}\` has no file ${wanted}.yml in ${folder}/`;
    const known = files.map(bare);
    const hint =
      didYouMean(wanted, known) ?? (known.length === 0 ? "it has none" : `it has ${known.join(", ")}`);
    reading.problems.push(problemAt(named, message, hint));
  }
  return join(directory, folder, file ?? "main.yml");
}

/** The file of an entry point: `tasks/NAME.yml`. */
export async function findEntry(
  use: RoleUse,
  entry: string,
  directory: string,
  reading: Reading,
): Promise<string | undefined> {
  const bare = entry.replace(/\.ya?ml$/, "");
  const tasks = join(directory, "tasks");
  const known = (await filesIn(tasks)).filter((file) => /\.ya?ml$/.test(file));
  const file = known.find((one) => one.replace(/\.ya?ml$/, "") === bare);
  if (file !== undefined) return join(tasks, file);
  const entries = known.map((one) => one.replace(/\.ya?ml$/, ""));
  const message = `the role \`${basename(directory)}\` has no entry point \`${bare}\``;
  const hint =
    didYouMean(bare, entries) ??
    `it has ${entries.length === 0 ? "no task file at all" : entries.join(", ")}`;
  reading.problems.push(problemAt(use.entrySpot, message, hint));
  return undefined;
}

async function isDirectory(path: string): Promise<boolean> {
  return (await stat(path).catch(missing))?.isDirectory() ?? false;
}

async function filesIn(directory: string): Promise<string[]> {
  return (await readdir(directory).catch(missing)) ?? [];
}

async function foldersIn(directory: string): Promise<string[]> {
  const entries = (await readdir(directory, { withFileTypes: true }).catch(missing)) ?? [];
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}

/** Only a path that is not there counts as "no". */
function missing(error: unknown): undefined {
  if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR")) {
    return undefined;
  }
  throw error;
}
