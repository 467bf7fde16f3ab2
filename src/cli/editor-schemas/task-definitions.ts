import type { JsonSchema } from "../../contract/json.ts";
import type { TaskModule } from "../../contract/module.ts";
import {
  importRoleSchema,
  importTasksSchema,
  includeRoleSchema,
  includeTasksSchema,
} from "../../language/schemas/include.ts";
import { metaSchema } from "../../language/schemas/meta.ts";
import { blockSchema, taskSchema } from "../../language/schemas/task.ts";
import { orTemplate, propertiesOf } from "./or-template.ts";

/**
 * The definitions that a list of tasks needs. A task is one flat mapping of all that may stand in one: an editor tells
 * more of that than of one alternative for each module, and `mailferry check` knows which words go together.
 */
export function taskDefinitions(modules: readonly TaskModule[]): Record<string, JsonSchema> {
  const words = {
    ...propertiesOf(includeTasksSchema),
    ...propertiesOf(importTasksSchema),
    ...propertiesOf(includeRoleSchema),
    ...propertiesOf(importRoleSchema),
    ...propertiesOf(metaSchema),
    ...propertiesOf(blockSchema),
    ...propertiesOf(taskSchema),
  };
  const calls = Object.fromEntries(modules.map((module) => [module.name, callOf(module)]));
  return {
    tasks: { type: ["array", "null"], items: { $ref: "#/definitions/task" } },
    task: {
      type: "object",
      additionalProperties: false,
      properties: { ...withTasks(words, ["block", "rescue", "always"]), ...calls },
    },
  };
}

/** Words whose lists hold tasks, said so. */
export function withTasks(
  words: Readonly<Record<string, JsonSchema>>,
  names: readonly string[],
): Record<string, JsonSchema> {
  return Object.fromEntries(
    Object.entries(words).map(([name, schema]) =>
      names.includes(name) ? [name, { ...schema, items: { $ref: "#/definitions/task" } }] : [name, schema],
    ),
  );
}

/** What stands under a module's key: its arguments, or the one that its short form means. */
function callOf({ args, shorthand, description }: TaskModule): JsonSchema {
  const properties = Object.fromEntries(
    Object.entries(propertiesOf(args)).map(([name, schema]) => [name, orTemplate(schema)]),
  );
  const { required = [] } = args;
  // With no argument required a module may stand alone, as in `ping:`.
  const types = ["object", ...((required as readonly string[]).length === 0 ? ["null"] : [])];
  return {
    description,
    type: shorthand === undefined ? types : [...types, "string"],
    additionalProperties: args.additionalProperties ?? false,
    properties,
    ...((required as readonly string[]).length === 0 ? {} : { required }),
  };
}
