import type { JsonSchema } from "../../contract/json.ts";
import { condition, duration, flag, list, text, texts, variables } from "./common.ts";

const shared = {
  name: text("What the task does, shown while it runs."),
  when: condition("Runs only if this holds; of a list, only if all hold.", "list"),
  vars: variables("Variables for this task or block alone."),
  tags: texts("Words that `--tags` and `--skip-tags` choose by."),
  become: flag("Run as another user by sudo."),
  become_user: text("The user to become; root otherwise."),
  delegate_to: text("Another host of the inventory that does the work."),
  no_log: flag("Keep arguments and results out of everything that is shown or kept."),
  ignore_errors: flag("Go on after a failure."),
  run_once: flag("Run for the first host of the play alone."),
};

/** The words of a task beside its module. Also the list of what is no module. */
export const taskSchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    ...shared,
    register: { description: "Keeps the result in a variable.", type: "string" },
    loop: { description: "Runs once per item of a list.", type: ["array", "string"] },
    loop_control: {
      description: "How the loop's item is named and shown.",
      type: "object",
      additionalProperties: false,
      properties: {
        loop_var: text("The variable that holds the item; `item` otherwise."),
        label: text("What is shown of an item."),
      },
    },
    notify: texts("Handlers to run at the end of the play if this changed something."),
    listen: texts("Other names that this handler answers to."),
    until: condition("Tries again until this holds.", "one"),
    retries: { description: "How many more times to try.", type: "integer", minimum: 0 },
    delay: duration("How long to wait between tries."),
    changed_when: condition("Whether the task counts as having changed something.", "one"),
    failed_when: condition("Whether the task counts as failed.", "one"),
    timeout: duration("How long one try may take."),
    check_mode: flag("false runs it even in check mode, true never applies it."),
  },
};

/** The words of a block. */
export const blockSchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["block"],
  properties: {
    ...shared,
    block: { description: "Tasks that share the words of the block.", type: "array", minItems: 1 },
    rescue: list("Tasks to run when one in the block failed."),
    always: list("Tasks to run in the end in any case."),
  },
};

const includeWords = {
  ...shared,
};

/** `include_tasks: file.yml`, also as `import_tasks`. */
export const includeTasksSchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    ...includeWords,
    include_tasks: { $ref: "#/definitions/file" },
    import_tasks: { $ref: "#/definitions/file" },
  },
  definitions: {
    file: {
      type: ["string", "object"],
      minLength: 1,
      required: ["file"],
      additionalProperties: false,
      properties: { file: text("A tasks file, relative to this one.") },
    },
  },
};

/** `include_role: { name: … }`, also as `import_role`. */
export const includeRoleSchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    ...includeWords,
    include_role: { $ref: "#/definitions/role" },
    import_role: { $ref: "#/definitions/role" },
  },
  definitions: {
    role: {
      type: "object",
      required: ["name"],
      additionalProperties: false,
      properties: {
        name: text("The role's name."),
        tasks_from: text("The entry point; `main` otherwise."),
        vars: variables("Variables for the role."),
      },
    },
  },
};
