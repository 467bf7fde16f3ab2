import type { JsonSchema } from "../../contract/json.ts";

/** A text in which a template stands: its value is known when it is rendered, and checked then. */
const template: JsonSchema = { type: "string", pattern: "\\{\\{" };

/** The schema of a value that may be a template as well. */
export function orTemplate(schema: JsonSchema): JsonSchema {
  const inside = withInside(schema);
  if (isAnyText(inside)) return inside;
  const { description, default: byDefault, ...rules } = inside;
  return {
    ...(description === undefined ? {} : { description }),
    ...(byDefault === undefined ? {} : { default: byDefault }),
    anyOf: [rules, template],
  };
}

/** The properties of a schema. */
export function propertiesOf(schema: JsonSchema): Readonly<Record<string, JsonSchema>> {
  return (schema.properties ?? {}) as Record<string, JsonSchema>;
}

function withInside(schema: JsonSchema): JsonSchema {
  const properties = Object.entries(propertiesOf(schema)).map(([name, inner]) => [name, orTemplate(inner)]);
  return {
    ...schema,
    ...(schema.properties === undefined ? {} : { properties: Object.fromEntries(properties) }),
    ...(isSchema(schema.items) ? { items: orTemplate(schema.items) } : {}),
    ...(isSchema(schema.additionalProperties)
      ? { additionalProperties: orTemplate(schema.additionalProperties) }
      : {}),
  };
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Any text is right already, and so is a template. */
function isAnyText({
  type,
  enum: choices,
  const: only,
  pattern,
  format,
  maxLength,
  anyOf,
  oneOf,
}: JsonSchema): boolean {
  const rules = [choices, only, pattern, format, maxLength, anyOf, oneOf];
  const takesText =
    type === undefined || type === "string" || (Array.isArray(type) && type.includes("string"));
  return takesText && rules.every((rule) => rule === undefined);
}
