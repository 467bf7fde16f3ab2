import type { JsonSchema } from "../contract/json.ts";
import { importPlaybookSchema } from "../language/schemas/import-playbook.ts";
import {
  importRoleSchema,
  importTasksSchema,
  includeRoleSchema,
  includeTasksSchema,
} from "../language/schemas/include.ts";
import { metaSchema } from "../language/schemas/meta.ts";
import { playbookSchema, playSchema, roleEntrySchema, stageSchema } from "../language/schemas/playbook.ts";
import { blockSchema, taskSchema } from "../language/schemas/task.ts";
import { schemaTable } from "../report/module-reference.ts";

/** The words of playbooks as a page of Markdown, made from the schemas that check them. */
export function keywordReference(): string {
  const tables = sections.map(
    ([heading, text, schema]) => `## ${heading}\n\n${text}\n\n${schemaTable(resolved(schema), "keyword")}`,
  );
  return `${[opening, ...tables].join("\n\n")}\n`;
}

const opening = `# Keywords

The words that a playbook is written with, beside the [modules](modules.md). Where a word means something else than in
Ansible, its line says so.

This page is made from the code: \`npm run reference\` writes it.`;

const sections: readonly (readonly [string, string, JsonSchema])[] = [
  [
    "Playbook",
    "A playbook is a mapping with these words, or a list of plays, which is one stage named `main`.",
    playbookSchema,
  ],
  ["Stage", "A named phase that a person starts: an entry of `stages`.", stageSchema],
  [
    "Play",
    "What to do on which hosts: an entry of `plays`, of `rollback`, or of a playbook that is a list.",
    playSchema,
  ],
  ["Role", "An entry of `roles`: the role's name, or a mapping.", roleEntrySchema],
  ["Task", "Beside one module with its arguments.", taskSchema],
  ["Block", "Tasks that belong together.", blockSchema],
  [
    "Include tasks",
    "The tasks of another file, when a host comes to it. `when`, `loop` and `tags` are asked here alone.",
    includeTasksSchema,
  ],
  ["Import tasks", "The tasks of another file, as if they stood here.", importTasksSchema],
  ["Include a role", "The tasks of a role, when a host comes to it.", includeRoleSchema],
  ["Import a role", "The tasks of a role, as if they stood here.", importRoleSchema],
  ["Import a playbook", "The plays of another playbook, among plays.", importPlaybookSchema],
  ["Meta", "A task for the engine itself.", metaSchema],
];

/** The schema with its own definitions put in where they are named. */
function resolved(schema: JsonSchema): JsonSchema {
  const definitions = (schema.definitions ?? {}) as Record<string, JsonSchema>;
  const properties = Object.entries((schema.properties ?? {}) as Record<string, JsonSchema>).map(
    ([name, inner]) => {
      const reference = typeof inner.$ref === "string" ? inner.$ref.replace("#/definitions/", "") : "";
      const { $ref: _reference, ...own } = inner;
      return [name, { ...definitions[reference], ...own }];
    },
  );
  return { ...schema, properties: Object.fromEntries(properties) };
}
