import type { ValidateFunction } from "ajv";
import type { JsonSchema } from "../../contract/json.ts";
import { compileSchema } from "./compile-schema.ts";

/** What was made before the run, by its schema. */
const ready = new WeakMap<JsonSchema, () => ValidateFunction>();

/** Names the validator that was made of a schema when the program was put together: scripts/ready-validators.mjs writes the calls. */
export function keepValidator(schema: JsonSchema, load: () => ValidateFunction): void {
  ready.set(schema, load);
}

/** What holds a value against the schema. Schemas of roles and playbooks are compiled when they are first used. */
export function validatorOf(schema: JsonSchema): ValidateFunction {
  return ready.get(schema)?.() ?? compileSchema(schema);
}
