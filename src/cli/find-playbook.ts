import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { Failure } from "../contract/errors.ts";
import { didYouMean } from "../expression/did-you-mean.ts";
import { packageRoot } from "./package-root.ts";

/** The file of a playbook that was given as a path, or by the name of one that comes with the package. */
export function findPlaybook(given: string, cwd: string): string {
  const path = resolve(cwd, given);
  if (existsSync(path) && (statSync(path).isFile() || looksLikePath(given))) return path;
  const names = shippedPlaybooks();
  if (names.includes(given)) return join(packageRoot(), "playbooks", `${given}.yml`);
  const guess = didYouMean(given, names);
  throw new Failure(
    "bad-input",
    `there is no playbook "${given}"${guess === undefined ? "" : `, ${guess}`}`,
    {
      next: `Give the path of a playbook, or one of: ${names.join(", ")}.`,
    },
  );
}

/** Where a playbook's roles are looked up: beside it, beside the folder `playbooks` it is in, here, in the package. */
export function roleDirectories(playbookFile: string, cwd: string): readonly string[] {
  const directory = dirname(playbookFile);
  const project = basename(directory) === "playbooks" ? [dirname(directory)] : [];
  const places = [directory, ...project, cwd, packageRoot()].map((place) => join(place, "roles"));
  return [...new Set(places)];
}

/** The names of the playbooks that come with the package. */
export function shippedPlaybooks(): string[] {
  return readdirSync(join(packageRoot(), "playbooks"))
    .filter((name) => name.endsWith(".yml"))
    .map((name) => name.slice(0, -".yml".length))
    .sort();
}

function looksLikePath(given: string): boolean {
  return given.includes("/") || /\.ya?ml$/.test(given);
}
