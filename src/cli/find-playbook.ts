import { existsSync, readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
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

/** Where roles are looked up when they don't stand beside the playbook. */
export function roleDirectories(cwd: string): readonly string[] {
  return [resolve(cwd, "roles"), join(packageRoot(), "roles")];
}

function shippedPlaybooks(): string[] {
  return readdirSync(join(packageRoot(), "playbooks"))
    .filter((name) => name.endsWith(".yml"))
    .map((name) => name.slice(0, -".yml".length))
    .sort();
}

function looksLikePath(given: string): boolean {
  return given.includes("/") || /\.ya?ml$/.test(given);
}
