import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import type { Problem } from "../contract/errors.ts";
import type { JsonObject, JsonSchema } from "../contract/json.ts";
import type { RoleUse } from "./find-role.ts";
import type { RoleScope } from "./model.ts";
import type { Reading } from "./reading.ts";
import { compileSchema } from "./schema-problems.ts";
import { isMap, problemAt, type Spot, valuesAt } from "./spot.ts";

/** What a role brings beside its tasks: defaults, the parameters of this use, the schema of its variables. */
export async function makeScope(use: RoleUse, directory: string, reading: Reading): Promise<RoleScope> {
  return {
    name: basename(directory),
    directory,
    defaults: await readDefaults(join(directory, "defaults", "main.yml"), reading),
    parameters: use.parameters,
    argumentsSchema: await readArgumentsSchema(join(directory, "arguments.yml"), reading),
  };
}

async function readDefaults(file: string, reading: Reading): Promise<JsonObject> {
  const root = await readOptional(file, reading);
  if (root === undefined) return {};
  if (isMap(root.value)) return valuesAt(root);
  reading.problems.push(problemAt(root, "defaults have to be a mapping of variables", "write `name: value`"));
  return {};
}

async function readArgumentsSchema(file: string, reading: Reading): Promise<JsonSchema | undefined> {
  const root = await readOptional(file, reading);
  if (root === undefined) return undefined;
  if (!isMap(root.value)) {
    reading.problems.push(
      problemAt(root, "arguments.yml has to be a JSON Schema", "begin with `type: object`"),
    );
    return undefined;
  }
  try {
    compileSchema(root.value);
    return root.value;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    reading.problems.push(wrongSchema(root, error));
    return undefined;
  }
}

/** Ajv tells where by a path behind "data", and all that follows from the first fault too. */
function wrongSchema(root: Spot, error: Error): Problem {
  const [, pointer = "", reason = error.message] = /data(\/\S*)? ([^,]*)/.exec(error.message) ?? [];
  const hint = "write it as JSON Schema, with a `type` beside `properties`";
  return { message: `this is no JSON Schema: it ${reason}`, place: root.yaml.places.placeOf(pointer), hint };
}

/** The value of a file that a role may have or not. */
export async function readOptional(file: string, reading: Reading): Promise<Spot | undefined> {
  if (!existsSync(file)) return undefined;
  const yaml = await reading.yaml(file);
  if (yaml?.value === undefined) return undefined;
  return { yaml, pointer: "", value: yaml.value };
}
