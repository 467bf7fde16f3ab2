import type { JsonSchema } from "../../contract/json.ts";
import { condition, duration, flag, list, text, texts, variables } from "./common.ts";

/** A play: hosts, and what to do on them. */
export const playSchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["hosts"],
  properties: {
    name: text("What the play does, shown while it runs."),
    hosts: texts("A group, a host, or several."),
    gather_facts: flag("false leaves out the look at the hosts before the first task."),
    vars: variables("Variables of the play."),
    become: flag("Run as another user by sudo."),
    become_user: text("The user to become; root otherwise."),
    tags: texts("Words that `--tags` and `--skip-tags` choose by."),
    pre_tasks: list("Tasks before the roles."),
    roles: list("Roles, in order."),
    tasks: list("Tasks after the roles."),
    post_tasks: list("Tasks at the end."),
    handlers: list("Tasks that run once at the end when notified."),
  },
};

/** An entry of `roles:`. */
export const roleEntrySchema: JsonSchema = {
  type: ["string", "object"],
  minLength: 1,
  required: ["role"],
  additionalProperties: false,
  properties: {
    role: text("The role's name."),
    tasks_from: text("The entry point; `main` otherwise."),
    vars: variables("Variables for the role."),
    when: condition("Runs only if this holds; of a list, only if all hold.", "list"),
    tags: texts("Words that `--tags` and `--skip-tags` choose by."),
    become: flag("Run as another user by sudo."),
    become_user: text("The user to become; root otherwise."),
  },
};

/** A stage: a named phase that a person starts. */
export const stageSchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["name", "plays"],
  properties: {
    name: {
      description: "The stage's name: small letters, digits and `-`.",
      type: "string",
      pattern: "^[a-z][a-z0-9-]*$",
    },
    description: text("What happens, in a sentence, shown before it starts."),
    repeatable: flag("true for a stage that may run as often as one likes."),
    requires: {
      description: "Stages that must have been done before.",
      type: "array",
      items: {
        type: ["string", "object"],
        required: ["stage"],
        additionalProperties: false,
        properties: {
          stage: text("The other stage's name."),
          within: duration("It must have been done at most this long ago."),
        },
      },
    },
    confirm: text("A question; the person types the name of the old host to go on."),
    plays: { description: "Plays, in order.", type: "array", minItems: 1 },
    rollback: list("Plays that undo the stage."),
  },
};

/** A playbook that is a mapping. (A list is one stage's plays.) */
export const playbookSchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["stages"],
  properties: {
    name: text("The playbook's name."),
    description: text("What it is for."),
    vars: variables("Variables of the playbook."),
    stages: { description: "The stages, in order.", type: "array", minItems: 1 },
  },
};
