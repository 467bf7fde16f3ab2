import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { Failure } from "../contract/errors.ts";
import { askTogether } from "./ask-together.ts";
import { versionOf } from "./file-version.ts";
import { type KnownKey, type KnownKeys, parseKeyLine } from "./known-hosts.ts";
import { type KnownNames, readKnownNames } from "./known-names.ts";
import type { RunOpenSsh } from "./local-program.ts";

/** Looks a host up in known_hosts files. Missing files are as empty. */
export type FindKnownKeys = (name: string, files: readonly string[]) => Promise<KnownKeys>;

/**
 * Looks hosts up with `ssh-keygen -F`, which knows hashed names, patterns, negation and markers. A file without any of them
 * is read here, once until it changes: to ask for each host costs a process.
 */
export function lookUpKnownKeys(openSsh: RunOpenSsh): FindKnownKeys {
  const read = new Map<string, Read>();
  const askVersion = askTogether(versionIfThere);

  function namesIn(file: string, version: string): Promise<KnownNames | undefined> {
    const known = read.get(file);
    if (known?.version === version) return known.names;
    const names = readKnownNames(file);
    read.set(file, { version, names });
    return names;
  }

  async function keysIn(file: string, name: string): Promise<readonly KnownKey[]> {
    const version = await askVersion(file);
    if (version === undefined) return [];
    const names = await namesIn(file, version);
    if (names !== undefined) return names.get(name.toLowerCase()) ?? [];
    const { stdout } = await openSsh("ssh-keygen", ["-F", name, "-f", file]);
    return parseFoundKeys(stdout, file);
  }

  return async (name, files) => {
    const keys: KnownKey[] = [];
    for (const file of files) keys.push(...(await keysIn(file, name)));
    return { name, files, keys };
  };
}

interface Read {
  readonly version: string;
  readonly names: Promise<KnownNames | undefined>;
}

/** Reads what `ssh-keygen -F` prints: a comment with the line's number, then the line. */
export function parseFoundKeys(text: string, file: string): KnownKey[] {
  const keys: KnownKey[] = [];
  let number = 0;
  for (const line of text.split("\n")) {
    const comment = /^# Host .* found: line (\d+)/.exec(line);
    if (comment !== null) number = Number(comment[1]);
    else if (line.trim() !== "") keys.push(...parseKeyLine(line, file, number));
  }
  return keys;
}

/** What changes when a file is written; undefined when there is none. */
async function versionIfThere(file: string): Promise<string | undefined> {
  try {
    await access(file, constants.R_OK);
    return await versionOf(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new Failure("bad-input", `${file} can't be read`, {
      next: "Give yourself the right to read it: host keys can't be checked without it.",
      cause: error,
    });
  }
}
