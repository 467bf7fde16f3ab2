import type { JsonSchema } from "../../contract/json.ts";
import { condition, flag, text, texts, variables } from "./common.ts";
import { inheritedWords, loopWords, sharedWords } from "./words.ts";

const includeWords = {
  ...sharedWords,
  when: condition(
    "Goes into it only if this holds; of a list, only if all hold. It decides once, and is not asked again at each task inside.",
    "list",
  ),
  tags: texts("Words that choose the include itself; those inside have their own, and those of `apply`."),
  vars: variables("Variables for what stands inside."),
  ...loopWords,
};

const apply: JsonSchema = {
  description: "Words for everything inside: tags, when, become and so on.",
  type: "object",
  additionalProperties: false,
  properties: {
    when: condition("Runs what stands inside only if this holds.", "list"),
    delegate_to: text("Another host of the inventory that does the work."),
    delegate_facts: flag("true keeps what is found out with the host that does the work."),
    ...inheritedWords,
  },
};

const tasksFile = {
  type: ["string", "object"],
  minLength: 1,
  required: ["file"],
  additionalProperties: false,
  properties: { file: text("A tasks file, relative to this one.") },
};

/** `include_tasks: file.yml`. */
export const includeTasksSchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    ...includeWords,
    include_tasks: {
      description:
        "Runs the tasks of a file when a host comes to it; of a template, of the file that it names then. Differs from " +
        "Ansible: a plain name is read and checked before the run.",
      ...tasksFile,
      properties: { ...tasksFile.properties, apply },
    },
  },
};

/** `import_tasks: file.yml`. */
export const importTasksSchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    ...sharedWords,
    import_tasks: {
      description: "Puts the tasks of a file here; each has the words that stand beside it.",
      ...tasksFile,
    },
  },
};

const roleWords = {
  type: "object",
  required: ["name"],
  additionalProperties: false,
  properties: {
    name: text("The role's name."),
    tasks_from: text("The entry point; `main` otherwise."),
    defaults_from: text("The file in `defaults/`; `main` otherwise."),
    vars_from: text("The file in `vars/`; `main` otherwise."),
    handlers_from: text("The file in `handlers/`; `main` otherwise."),
    vars: variables("Variables for the role."),
    public: flag(
      "true lets all tasks of the play see the role's defaults and vars. Differs from Ansible: without it those of an " +
        "imported role stay in the role too.",
    ),
    allow_duplicates: flag(
      "false goes through it only once for each host of a play, when it is used again in the same way.",
    ),
  },
};

/** `include_role: { name: … }`. */
export const includeRoleSchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    ...includeWords,
    include_role: {
      description:
        "Runs a role's entry point when a host comes to it. Differs from Ansible: a plain name is read and checked " +
        "before the run.",
      ...roleWords,
      properties: { ...roleWords.properties, apply },
    },
  },
};

/** `import_role: { name: … }`. */
export const importRoleSchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    ...sharedWords,
    import_role: {
      description: "Puts a role's tasks here; each has the words that stand beside it.",
      ...roleWords,
    },
  },
};
