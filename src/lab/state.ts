import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../contract/errors.ts";
import type { LabRole } from "./lab-hosts.ts";

/** What is written down of a lab, so that any later process can use it, and remove it after a crash. */
export interface LabState {
  readonly version: 2;
  readonly name: string;
  /** The name of what is rehearsed on it. */
  readonly scenario: string;
  /** The network namespace; also the first part of the names of cgroups and machines. */
  readonly namespace: string;
  readonly directory: string;
  readonly createdAt: string;
  /** The process that is bringing the lab up; undefined once it is up. */
  readonly startedBy?: number | undefined;
  /** The read-only layers under each host, the uppermost first. A snapshot adds one. */
  readonly layers: Readonly<Record<LabRole, readonly string[]>>;
  /** Each host's writable layer lies on a file system of its own, which can be filled up. */
  readonly ownDisks?: boolean | undefined;
  /** Mailferry gets in as a user whom sudo lets become root, in place of root itself. */
  readonly isWithoutRootLogin?: boolean | undefined;
}

const pattern = /^[a-z0-9](?:[a-z0-9-]{0,22}[a-z0-9])?$/;

/** The prefix of the names of everything that a lab makes outside of its directory. */
export const labPrefix = "mailferry-lab-";

/** Name of a host's cgroup, and of its machine. */
export function hostName(lab: string, role: LabRole): string {
  return `${labPrefix}${lab}-${role}`;
}

/** Throws a Failure for a name that can't be part of a namespace's and a machine's name. */
export function checkLabName(name: string): void {
  if (pattern.test(name)) return;
  throw new Failure("bad-input", `"${name}" can't be the name of a lab`, {
    next: "use 1 to 24 small letters, digits and hyphens, with no hyphen at either end",
  });
}

/** undefined when no lab of that name is known. */
export async function readLabState(cache: string, name: string): Promise<LabState | undefined> {
  try {
    return parseLabState(await readFile(stateFile(cache, name), "utf8"), stateFile(cache, name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Replaces the state file whole: it is never seen half written. */
export async function writeLabState(cache: string, state: LabState): Promise<void> {
  const path = stateFile(cache, state.name);
  await mkdir(join(cache, "state"), { recursive: true });
  await writeFile(`${path}.new`, `${JSON.stringify(state, null, 2)}\n`);
  await rename(`${path}.new`, path);
}

/** Forgets a lab. */
export async function removeLabState(cache: string, name: string): Promise<void> {
  await rm(stateFile(cache, name), { force: true });
}

/** Names of all labs that have a state file, sorted. */
export async function listLabStates(cache: string): Promise<readonly string[]> {
  const names = await readdir(join(cache, "state")).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  return names
    .filter((name) => name.endsWith(".json"))
    .map((name) => name.slice(0, -".json".length))
    .sort();
}

/** Reads a state file's text. Throws a Failure for one that this version can't read. */
export function parseLabState(text: string, path: string): LabState {
  const state = parseJson(text, path);
  if (state.version === 2) return state;
  throw new Failure("bad-input", `${path} was written by another version of Mailferry`, {
    next: "take that lab down with the version that made it",
  });
}

function parseJson(text: string, path: string): LabState {
  try {
    return JSON.parse(text) as LabState;
  } catch (cause) {
    throw new Failure("bad-input", `${path} is damaged`, { next: `remove it, then run "lab down"`, cause });
  }
}

function stateFile(cache: string, name: string): string {
  return join(cache, "state", `${name}.json`);
}
