import { BadInput } from "../contract/errors.ts";
import { isMap, type JsonObject } from "../contract/json.ts";
import { readYaml } from "../language/yaml/read-yaml.ts";
import type { Keyring } from "../secrets/keyring.ts";

/** Reads a small YAML file that is a mapping (answers, variables) and never rendered. Throws BadInput with the place of each problem. */
export async function readYamlMapping(file: string, what: string, keyring: Keyring): Promise<JsonObject> {
  const { value, places } = await readYaml(file, keyring, false);
  if (isMap(value)) return value;
  const message = value === undefined ? `this ${what} is empty` : `this ${what} is no mapping`;
  throw new BadInput([{ message, place: places.placeOf(""), hint: "write one `key: value` a line" }]);
}
