import type { JsonSchema } from "../../contract/json.ts";
import type { ModuleRegistry, TaskModule } from "../../contract/module.ts";

const text: JsonSchema = { type: "string", minLength: 1, description: "A text." };
const path: JsonSchema = { type: "string", pattern: "^/", description: "A full path." };
const mode: JsonSchema = { type: "string", pattern: "^[0-7]{3,4}$", description: "Permission bits." };
const flag: JsonSchema = { type: "boolean", description: "Whether." };

const schemas: Readonly<Record<string, JsonSchema>> = {
  command: closed({ cmd: text, creates: path }, ["cmd"]),
  shell: closed({ cmd: text, creates: path }, ["cmd"]),
  copy: {
    ...closed({ src: text, content: { type: "string" }, dest: path, mode }, ["dest"]),
    oneOf: [
      { properties: { src: {} }, required: ["src"] },
      { properties: { content: {} }, required: ["content"] },
    ],
  },
  template: closed({ src: text, dest: path, mode }, ["src", "dest"]),
  file: closed({ path, state: { type: "string", enum: ["file", "directory", "absent", "link"] }, mode }, [
    "path",
  ]),
  service: closed({ name: text, state: { type: "string", enum: ["started", "stopped"] }, masked: flag }, [
    "name",
  ]),
  debug: closed({ msg: text }, ["msg"]),
  assert: closed(
    {
      that: {
        description: "A condition (CEL), or a list of them.",
        anyOf: [text, { type: "array", items: text, minItems: 1 }],
      },
    },
    ["that"],
  ),
  set_fact: { type: "object", minProperties: 1, additionalProperties: { description: "A value." } },
  latch: closed(
    {
      name: { type: "string", enum: ["old-frozen", "new-opened"] },
      state: { type: "string", enum: ["set", "lifted"] },
    },
    ["name"],
  ),
  rsync_pull: closed(
    { from: text, src: path, dest: path, delete: flag, options: { type: "array", items: text } },
    ["src", "dest"],
  ),
};

const shorthands: Readonly<Record<string, string>> = { command: "cmd", shell: "cmd", assert: "that" };

/** A registry of a few modules that do nothing, for tests of what stands before a run. */
export const fewModules: ModuleRegistry = {
  names: Object.keys(schemas),
  async load(name): Promise<TaskModule | undefined> {
    const args = schemas[name];
    if (args === undefined) return undefined;
    const shorthand = shorthands[name];
    return { kind: "look", name, description: name, args, shorthand, look: async () => ({}) };
  },
};

function closed(properties: Readonly<Record<string, JsonSchema>>, required: readonly string[]): JsonSchema {
  return { type: "object", additionalProperties: false, properties, required };
}
