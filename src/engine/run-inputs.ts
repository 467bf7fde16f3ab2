import { createHash, scryptSync } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import type { JsonObject } from "../contract/json.ts";
import type { Inventory } from "../language/model/inventory.ts";
import type { Playbook } from "../language/model/playbook.ts";
import type { TaskNode } from "../language/model/task.ts";

/** What a run was made from, in digests: a resumed run has to be made from the same. */
export interface RunInputs {
  readonly salt: string;
  /** SHA-256 of each file of the project by its path. */
  readonly files: Readonly<Record<string, string>>;
  /** Digest of the hosts by group: an executable may print others than it did. */
  readonly hosts: string;
  /** Each variable of `-e` by its name. Slow digests, since a value may be a weak password. */
  readonly variables: Readonly<Record<string, string>>;
}

/** What inputs are read from. */
export interface InputSources {
  readonly playbook: Playbook;
  readonly inventory: Inventory;
  readonly extraVariables: JsonObject;
}

/** Folders beside a playbook or an inventory whose files a run may read. */
const foldersBeside = ["files", "templates", "vars", "group_vars", "host_vars"];

/** Reads every file that a run of the playbook is made from. `salt` is any text of this run alone. */
export function readInputs(sources: InputSources, salt: string): RunInputs {
  const files = [...new Set(placesOf(sources).flatMap(filesUnder))].sort();
  const variables = Object.entries(sources.extraVariables).map(([name, value]) => [
    name,
    scryptSync(JSON.stringify(value), `${salt}/${name}`, 32).toString("hex"),
  ]);
  return {
    salt,
    files: Object.fromEntries(files.map((file) => [file, digestOf(readFileSync(file))])),
    hosts: digestOf(JSON.stringify([...sources.inventory.groups])),
    variables: Object.fromEntries(variables),
  };
}

/** What is not as it was, a line each; `directory` is what paths are told from. */
export function differencesOf(before: RunInputs, now: RunInputs, directory: string): string[] {
  return [
    ...differences(before.files, now.files).map(([file, how]) => `${relative(directory, file)} ${how}`),
    ...(before.hosts === now.hosts ? [] : ["the hosts of the inventory are others"]),
    ...differences(before.variables, now.variables).map(([name, how]) => `-e ${name} ${how}`),
  ];
}

function differences(
  before: Readonly<Record<string, string>>,
  now: Readonly<Record<string, string>>,
): [string, string][] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])].sort();
  return names
    .filter((name) => before[name] !== now[name])
    .map((name) => {
      if (before[name] === undefined) return [name, "is new"];
      return [name, now[name] === undefined ? "is gone" : "was changed"];
    });
}

function placesOf({ playbook, inventory }: InputSources): string[] {
  const nodes = playbook.stages.flatMap(({ plays, rollback }) =>
    [...plays, ...rollback].flatMap(({ tasks, handlers }) => [...tasks, ...handlers]),
  );
  // Several inventories are told with commas between.
  const inventories = inventory.file.split(",").filter((file) => file !== "");
  const roots = [playbook.file, ...inventories].map((file) => dirname(file));
  return [
    playbook.file,
    ...inventories,
    ...roots.flatMap((root) => foldersBeside.map((folder) => join(root, folder))),
    ...new Set(nodes.flatMap(placesOfNode)),
  ];
}

/** The file that a task was read from, and the whole folder of its role. */
function placesOfNode(node: TaskNode): string[] {
  const own = [node.place.file, ...(node.role === undefined ? [] : [node.role.directory])];
  if (node.kind !== "block") return own;
  return [...own, ...[...node.block, ...node.rescue, ...node.always].flatMap(placesOfNode)];
}

function filesUnder(path: string): string[] {
  if (!existsSync(path)) return [];
  if (statSync(path).isFile()) return [path];
  return readdirSync(path, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

function digestOf(content: Buffer | string): string {
  return createHash("sha256").update(content).digest("hex");
}
