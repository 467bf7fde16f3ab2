import { readdirSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { Ajv } from "ajv";
import { describe, expect, test } from "vitest";
import { moduleRegistry } from "./registry.ts";

const here = fileURLToPath(new URL(".", import.meta.url));
/** Modules that belong together may share a folder. */
const files = readdirSync(here, { recursive: true }).map((path) => basename(String(path)));

/** Its keys are variables' names, which nobody knows in advance. */
const openByNature = ["set_fact"];

describe("the registry", () => {
  test("names its modules in order, and none that it does not have", async () => {
    expect(moduleRegistry.names).toEqual([...moduleRegistry.names].sort());
    expect(await moduleRegistry.load("no_such_module")).toBeUndefined();
    expect(await moduleRegistry.load("constructor")).toBeUndefined();
  });

  test.each(moduleRegistry.names)(
    "%s bears its name, in its file too, and says what it does",
    async (name) => {
      const module = await moduleRegistry.load(name);
      expect(module?.name).toBe(name);
      expect(module?.description).toMatch(/^[A-Z].*\.$/s);
      expect(files).toContain(`${name.replaceAll("_", "-")}.ts`);
    },
  );

  test.each(moduleRegistry.names)("%s takes described arguments and no others", async (name) => {
    const module = await moduleRegistry.load(name);
    const schema = module?.args ?? {};
    expect(() => new Ajv({ strict: true, allowUnionTypes: true }).compile(schema)).not.toThrow();
    if (!openByNature.includes(name)) expect(looseEnds(schema, name)).toEqual([]);
    const properties = Object.keys((schema.properties ?? {}) as object);
    if (module?.shorthand !== undefined) expect(properties).toContain(module.shorthand);
  });
});

/** Objects that take any key, and properties that nobody described. Rules (`if`, `not`, `oneOf` …) add no properties of their own. */
function looseEnds(schema: unknown, path: string): string[] {
  if (typeof schema !== "object" || schema === null) return [];
  const { type, additionalProperties, properties = {}, items, anyOf } = schema as Record<string, unknown>;
  // A map from names that nobody knows in advance says what its values are.
  const isMap = typeof additionalProperties === "object";
  const isOpen = type === "object" && additionalProperties !== false && !isMap;
  const below = Object.entries(properties as Record<string, unknown>);
  return [
    ...(isOpen ? [`${path} is open`] : []),
    ...below
      .filter(([, inner]) => type === "object" && !isDescribed(inner))
      .map(([key]) => `${path}.${key} has no description`),
    ...below.flatMap(([key, inner]) => looseEnds(inner, `${path}.${key}`)),
    ...looseEnds(items, `${path}[]`),
    ...(Array.isArray(anyOf) ? anyOf.flatMap((inner) => looseEnds(inner, path)) : []),
  ];
}

function isDescribed(schema: unknown): boolean {
  if (typeof schema !== "object" || schema === null) return false;
  return "description" in schema;
}
