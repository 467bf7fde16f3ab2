import { resolve } from "node:path";
import type { Json } from "../contract/json.ts";
import type { Keyring } from "../secrets/keyring.ts";
import { readYamlMapping } from "./yaml-mapping.ts";

/** Answers to questions by their keys. */
export type Answers = ReadonlyMap<string, Json>;

/** Reads `--answers`; without the flag there are none. */
export async function readAnswers(file: string | undefined, cwd: string, keyring: Keyring): Promise<Answers> {
  if (file === undefined) return new Map();
  return new Map(Object.entries(await readYamlMapping(resolve(cwd, file), "answers file", keyring)));
}
