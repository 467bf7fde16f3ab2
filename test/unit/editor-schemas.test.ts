import { existsSync, readdirSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { Ajv } from "ajv";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { editorSchemas, type SchemaFile } from "../../src/cli/editor-schemas/editor-schemas.ts";
import { moduleRegistry } from "../../src/modules/registry.ts";

const loaded = await Promise.all(moduleRegistry.names.map((name) => moduleRegistry.load(name)));
const schemas = editorSchemas(loaded.filter((module) => module !== undefined));
const root = new URL("../../", import.meta.url);

test.each(Object.keys(schemas) as SchemaFile[])("%s says what the code says", async (name) => {
  const file = new URL(`docs/reference/schemas/${name}`, root);
  const text = `${JSON.stringify(schemas[name], null, 1)}\n`;
  if (process.env.UPDATE_REFERENCE === "1") await writeFile(file, text);
  const written = await readFile(file, "utf8").catch(() => "");
  expect(written === text, `docs/reference/schemas/${name} is stale: run \`npm run reference\``).toBe(true);
});

// The runner takes its own schemas as they are: this is where a wrong one shows.
test.each(Object.keys(schemas) as SchemaFile[])("%s is a JSON Schema", (name) => {
  const ajv = new Ajv();
  const { $schema: _dialect, ...schema } = schemas[name];
  ajv.validateSchema(schema);
  expect(ajv.errors ?? []).toEqual([]);
});

test.each([
  ["playbook.json", "playbooks/bullseye-to-trixie.yml"],
  ["inventory.json", "inventory/example.yml"],
  ["tasks.json", "roles/maildir/tasks/hot.yml"],
  ["role-arguments.json", "roles/maildir/arguments.yml"],
] as const)("%s takes %s", async (name, example) => {
  const ajv = new Ajv({ strict: false, validateSchema: false, meta: false });
  const { $schema: _dialect, ...schema } = schemas[name];
  const validate = ajv.compile(schema);
  validate(parse(await readFile(new URL(example, root), "utf8")));
  expect(validate.errors ?? []).toEqual([]);
});

test("every example leads an editor to its schema", async () => {
  const files = ["playbooks", "inventory", "roles"].flatMap(yamlFilesOf);
  expect(files.length).toBeGreaterThan(20);
  for (const file of files) {
    const [first = ""] = (await readFile(new URL(file, root), "utf8")).split("\n");
    const path = /^# yaml-language-server: \$schema=(\S+)$/.exec(first)?.[1] ?? "";
    expect(path !== "" && existsSync(new URL(path, new URL(file, root))), `${file}: ${first}`).toBe(true);
  }
});

/** Defaults of roles are variables of any kind, and have no schema. */
function yamlFilesOf(folder: string): string[] {
  return readdirSync(new URL(folder, root), { recursive: true })
    .map((name) => `${folder}/${String(name)}`)
    .filter((name) => name.endsWith(".yml") && !name.includes("/defaults/"));
}
