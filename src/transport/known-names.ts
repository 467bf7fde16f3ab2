import { readFile } from "node:fs/promises";
import { type KnownKey, parseKeyLine } from "./known-hosts.ts";

/** The keys of a known_hosts file by the lower-case name that they stand under. */
export type KnownNames = ReadonlyMap<string, readonly KnownKey[]>;

/**
 * Reads a known_hosts file in which every line holds nothing but plain names. undefined for one with a hash, a pattern, a
 * marker, or anything else that ssh-keygen knows better.
 */
export async function readKnownNames(file: string): Promise<KnownNames | undefined> {
  return parseKnownNames(await readFile(file, "latin1"), file);
}

export function parseKnownNames(text: string, file: string): KnownNames | undefined {
  const keys = new Map<string, KnownKey[]>();
  for (const [index, written] of text.split("\n").entries()) {
    const line = written.trim();
    if (line === "" || line.startsWith("#")) continue;
    if (!plainLine.test(line)) return undefined;
    const [names = ""] = line.split(/\s/, 1);
    for (const name of new Set(names.toLowerCase().split(","))) {
      const under = keys.get(name) ?? [];
      under.push(...parseKeyLine(line, file, index + 1));
      keys.set(name, under);
    }
  }
  return keys;
}

/** Names, the key's type, the key; then perhaps a comment. */
const plainLine = /^[\w.:,[\]-]+\s+[a-z][\w@.-]*\s+[A-Za-z0-9+/]+=*(\s.*)?$/;
