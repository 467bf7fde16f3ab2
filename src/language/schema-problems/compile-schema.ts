import { Ajv, type ValidateFunction } from "ajv";
import type { JsonSchema } from "../../contract/json.ts";

/** How schemas are read here. */
export const validatorRules = {
  strict: true,
  allErrors: true,
  allowUnionTypes: true,
  strictRequired: false,
  ownProperties: true,
  // Our own schemas are right: a test sees to it. To hold each against the schema of schemas takes as long as all else.
  validateSchema: false,
  verbose: true,
  messages: true,
} as const;

const ajv = new Ajv(validatorRules);

/** Compiles a schema. Throws when the schema itself is wrong, as far as one sees without the schema of schemas. */
export function compileSchema(schema: JsonSchema): ValidateFunction {
  try {
    return ajv.compile(schema);
  } catch (error) {
    // Ajv keeps what it could not compile, and says something else of it the next time.
    ajv.removeSchema(schema);
    throw error;
  }
}

/** Compiles a schema that somebody else wrote. Throws when the schema itself is wrong. */
export function requireRightSchema(schema: JsonSchema): void {
  ajv.validateSchema(schema, true);
  compileSchema(schema);
}
