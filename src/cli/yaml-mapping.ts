import { BadInput } from "../contract/errors.ts";
import { isMap, type JsonObject } from "../contract/json.ts";
import { readYaml } from "../language/yaml/read-yaml.ts";

/** Reads a small YAML file that is a mapping (answers, variables). Throws BadInput with the place of each problem. */
export async function readYamlMapping(file: string, what: string): Promise<JsonObject> {
  const { value, places } = await readYaml(file);
  if (isMap(value)) return value;
  const message = value === undefined ? `this ${what} is empty` : `this ${what} is no mapping`;
  throw new BadInput([{ message, place: places.placeOf(""), hint: "write one `key: value` a line" }]);
}
