import { resolve } from "node:path";
import { Failure } from "../contract/errors.ts";
import type { Json, JsonObject } from "../contract/json.ts";
import type { Keyring } from "../secrets/keyring.ts";
import { readYamlMapping } from "./yaml-mapping.ts";

/**
 * The variables of `-e`, later ones over earlier ones. `k=v` takes `v` as JSON where it is a number, true,
 * false, a quoted string, a list or a mapping, and as text otherwise; `@file` is a YAML mapping.
 */
export async function readExtraVariables(
  words: readonly string[],
  cwd: string,
  keyring: Keyring,
): Promise<JsonObject> {
  let variables: JsonObject = {};
  for (const word of words) {
    const more = word.startsWith("@")
      ? await readYamlMapping(resolve(cwd, word.slice(1)), "variables file", keyring)
      : parsePair(word);
    variables = { ...variables, ...more };
  }
  return variables;
}

function parsePair(word: string): JsonObject {
  const [, name, text] = /^([A-Za-z_]\w*)=(.*)$/s.exec(word) ?? [];
  if (name === undefined || text === undefined) {
    throw new Failure("bad-input", `-e ${word}: that is neither name=value nor @file`, {
      next: "Write -e name=value, with a name of letters, digits and underscores, or -e @file.yml.",
    });
  }
  return { [name]: parseScalar(text) };
}

function parseScalar(text: string): Json {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    return text;
  }
  // A number that JavaScript can't hold exactly, or null, is more likely meant as text.
  return value === null || (typeof value === "number" && String(value) !== text) ? text : value;
}
