import type { Json, JsonObject, JsonSchema } from "../contract/json.ts";

/**
 * The texts among a module's arguments that its schema calls secret, by the keyword `writeOnly` of JSON Schema. They
 * are looked for in objects and lists too.
 */
export function secretsIn(value: Json, schema: JsonSchema): string[] {
  if (schema.writeOnly === true) return typeof value === "string" && value !== "" ? [value] : [];
  const { properties = {}, items = {} } = schema as {
    readonly properties?: Readonly<Record<string, JsonSchema>>;
    readonly items?: JsonSchema;
  };
  if (Array.isArray(value)) return value.flatMap((item: Json) => secretsIn(item, items));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => secretsIn(inner, properties[name] ?? {}));
}

/** The arguments as they may be shown: what the schema or its own name calls secret is masked, however short it is. */
export function shownArguments(args: JsonObject, schema: JsonSchema): JsonObject {
  return masked(args, schema, "") as JsonObject;
}

/** Names of arguments, of environment variables and of HTTP headers. */
const secretName = /pass(word|phrase)?$|secret|token|(private|api)[-_]?key|authorization|^(set-)?cookie$/i;

function masked(value: Json, schema: JsonSchema, name: string): Json {
  const isSecret = schema.writeOnly === true || secretName.test(name);
  if (isSecret && (typeof value === "string" || typeof value === "number")) return "********";
  const { properties = {}, items = {} } = schema as {
    readonly properties?: Readonly<Record<string, JsonSchema>>;
    readonly items?: JsonSchema;
  };
  if (Array.isArray(value)) return value.map((item: Json) => masked(item, items, name));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries<Json>(value as JsonObject).map(([key, inner]) => [
      key,
      masked(inner, properties[key] ?? {}, key),
    ]),
  );
}
