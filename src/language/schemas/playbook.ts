import type { JsonSchema } from "../../contract/json.ts";
import {
  condition,
  duration,
  flag,
  flagOrTemplate,
  list,
  templatePattern,
  text,
  texts,
  variables,
} from "./common.ts";
import { inheritedWords } from "./words.ts";

/** A per cent value, or a template for one, or for a number. */
const batchSizePattern = `^[0-9]{1,3}(\\.[0-9]+)?%$|${templatePattern}`;

const batchSize: JsonSchema = {
  description: "A number of hosts, or a part of all of them: `30%`.",
  type: ["integer", "string"],
  minimum: 1,
  pattern: batchSizePattern,
};

/** A play: hosts, and what to do on them. */
export const playSchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["hosts"],
  properties: {
    name: text("What the play does, shown while it runs."),
    hosts: texts("A group, a host, or several."),
    gather_facts: flagOrTemplate(
      "true looks at all hosts anew before the first task, false does not even connect to them. Differs from Ansible: " +
        "without the word only what is not known yet is looked at, for facts come with the first connection to a host.",
    ),
    ...inheritedWords,
    vars: variables("Variables of the play."),
    vars_files: {
      description:
        "Files of variables, relative to the playbook. Of a list inside the list the first that is there is read. " +
        "A name may be a template, which each host renders when the play begins.",
      type: ["string", "array"],
      minLength: 1,
      items: {
        type: ["string", "array"],
        minLength: 1,
        minItems: 1,
        items: { type: "string", minLength: 1 },
      },
    },
    vars_prompt: {
      description:
        "Variables that the person is asked for when the play begins. One that `-e` gives is not asked for. " +
        "Differs from Ansible: what is typed is data, a template in it is not rendered, and `hosts` can't use it.",
      type: "array",
    },
    serial: {
      description:
        "How many hosts go through the play together: a number, a per cent value, or a list of them for one batch after " +
        "the other. A template may give any of them.",
      type: ["integer", "string", "array"],
      minimum: 1,
      pattern: batchSizePattern,
      minItems: 1,
      items: batchSize,
    },
    order: {
      description: "In which order the hosts take their turns; `inventory` otherwise.",
      type: "string",
      enum: ["inventory", "reverse_inventory", "sorted", "reverse_sorted", "shuffle"],
    },
    strategy: {
      description:
        "`linear` runs each task on all hosts and then the next; with `free` each host goes at its own pace.",
      type: "string",
      enum: ["linear", "free"],
    },
    max_fail_percentage: {
      description:
        "Stops the play for all when more hosts of a batch failed. Differs from Ansible: unreachable hosts count too.",
      type: ["number", "string"],
      minimum: 0,
      maximum: 100,
      pattern: templatePattern,
    },
    force_handlers: flagOrTemplate("Notified handlers run on hosts that failed too."),
    pre_tasks: list("Tasks before the roles."),
    roles: list("Roles, in order."),
    tasks: list("Tasks after the roles."),
    post_tasks: list("Tasks at the end."),
    handlers: list(
      "Tasks that run when notified, once, in this order: behind pre_tasks, behind roles and tasks, and behind post_tasks. " +
        "Each task of a block or an import is one of its own; those of an include answer to its name. " +
        "Differs from Ansible: those of a run that failed are kept for the next, and a name can't be a template.",
    ),
  },
};

/** An entry of `roles:`. */
export const roleEntrySchema: JsonSchema = {
  type: ["string", "object"],
  minLength: 1,
  required: ["role"],
  additionalProperties: {
    description:
      "Any other word is a variable for the role, above `set_fact` and all that the role has of its own.",
  },
  properties: {
    role: text("The role's name."),
    tasks_from: text("The entry point; `main` otherwise."),
    public: flag(
      "true lets all tasks of the play see the role's defaults and vars. Differs from Ansible: without it they stay in the role.",
    ),
    when: condition("Runs only if this holds; of a list, only if all hold.", "list"),
    delegate_to: text("Another host of the inventory that does the work."),
    ...inheritedWords,
    vars: variables("Variables for the role, below those of its own `vars/`."),
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
    confirm: text(
      "A question; the person types the name of the host that stops to go on: the old one, or the new one where the stage `undoes` others.",
    ),
    plays: { description: "Plays, in order.", type: "array", minItems: 1 },
    rollback: list("Plays that undo the stage."),
    undoes: {
      description:
        "The stage is the way back once new was opened: no other stage leads to it, it runs only then, and when it is done the stages named here are not done any more. It needs a `confirm`.",
      type: "array",
      minItems: 1,
      items: { type: "string" },
    },
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
    vars_schema: {
      description:
        "A JSON Schema of the variables that the playbook needs, wherever they are set. What is known is held against it " +
        "by `check`, the rest for each host before the first play.",
      type: "object",
    },
    moves_domains: flag(
      "true: the playbook moves one mail domain, or a list of them, at a time, and is run with `--domains`. Each list is a move of its own, with its own stages done and its own latches.",
    ),
    root_login: text(
      "Why the playbook can't do without a login as root, in a sentence. `mailferry doctor --sudoers` tells it, and lets nobody become root.",
    ),
    stages: { description: "The stages, in order.", type: "array", minItems: 1 },
  },
};
