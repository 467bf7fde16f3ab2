import { createRequire } from "node:module";
import type { JsonSchema } from "../../contract/json.ts";
import type { TaskModule } from "../../contract/module.ts";
import { importPlaybookSchema } from "../../language/schemas/import-playbook.ts";
import { playbookSchema, playSchema, roleEntrySchema, stageSchema } from "../../language/schemas/playbook.ts";
import { inventorySchema } from "./inventory-schema.ts";
import { propertiesOf } from "./or-template.ts";
import { taskDefinitions, withTasks } from "./task-definitions.ts";

/** The names of the schema files, each with what it is for. */
export const schemaFiles = {
  "playbook.json": "A playbook of Mailferry",
  "tasks.json": "A list of tasks of Mailferry: the tasks or handlers of a role, a file that is included",
  "inventory.json": "An inventory of Mailferry",
  "role-arguments.json": "The arguments.yml of a role: a JSON Schema of its variables",
} as const;

export type SchemaFile = keyof typeof schemaFiles;

/** The JSON Schemas that editors check and complete YAML by, made from the modules and the language's own schemas. */
export function editorSchemas(modules: readonly TaskModule[]): Readonly<Record<SchemaFile, JsonSchema>> {
  const tasks = taskDefinitions(modules);
  return {
    "playbook.json": headed("playbook.json", {
      anyOf: [playbook(), { type: "array", items: { $ref: "#/definitions/play" } }],
      definitions: {
        ...tasks,
        play: play(),
        stage: stage(),
        role: tasks.role ?? {},
        roleEntry: roleEntrySchema,
      },
    }),
    "tasks.json": headed("tasks.json", { $ref: "#/definitions/tasks", definitions: tasks }),
    "inventory.json": headed("inventory.json", inventorySchema()),
    "role-arguments.json": headed("role-arguments.json", draft7()),
  };
}

function headed(file: SchemaFile, schema: JsonSchema): JsonSchema {
  return { $schema: "http://json-schema.org/draft-07/schema#", title: schemaFiles[file], ...schema };
}

function playbook(): JsonSchema {
  return withItems(playbookSchema, { stages: "#/definitions/stage" });
}

function stage(): JsonSchema {
  return withItems(stageSchema, { plays: "#/definitions/play", rollback: "#/definitions/play" });
}

function play(): JsonSchema {
  const withRoles = withItems(playSchema, { roles: "#/definitions/roleEntry" });
  const words = ["pre_tasks", "tasks", "post_tasks", "handlers"];
  const { required: _hosts, ...open } = withRoles;
  // Among plays stands `import_playbook` too.
  const properties = { ...propertiesOf(importPlaybookSchema), ...withTasks(propertiesOf(withRoles), words) };
  return { ...open, properties, anyOf: [{ required: ["hosts"] }, { required: ["import_playbook"] }] };
}

/** A schema in which lists say what they hold. */
function withItems(schema: JsonSchema, references: Readonly<Record<string, string>>): JsonSchema {
  const properties = Object.entries(propertiesOf(schema)).map(([name, inner]) => {
    const $ref = references[name];
    return [name, $ref === undefined ? inner : { ...inner, items: { $ref } }];
  });
  return { ...schema, properties: Object.fromEntries(properties) };
}

/** The schema of JSON Schema itself, as Ajv brings it. */
function draft7(): JsonSchema {
  const {
    $id: _id,
    $schema: _schema,
    title: _title,
    ...schema
  } = createRequire(import.meta.filename)("ajv/dist/refs/json-schema-draft-07.json") as JsonSchema;
  return schema;
}
