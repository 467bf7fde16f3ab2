import {
  condition,
  countOrTemplate,
  durationOrTemplate,
  flag,
  flagOrTemplate,
  text,
  texts,
  variables,
} from "./common.ts";

/** Words that go down from a play, a role, a block or an include to the tasks inside. */
export const inheritedWords = {
  vars: variables("Variables for what stands inside."),
  tags: texts("Words that `--tags` and `--skip-tags` choose by; they add up from the play to the task."),
  environment: {
    description:
      "Environment variables for the commands that modules run on the host. Those of the play, the role, the block and " +
      "the task add up, the inner ones winning. They can be seen on the host: never a secret.",
    type: ["object", "array", "string"],
    items: { type: ["object", "string"] },
    propertyNames: { pattern: "^[A-Za-z_][A-Za-z0-9_]*$" },
    additionalProperties: { type: ["string", "number", "boolean"] },
  },
  module_defaults: {
    description:
      "Arguments by a module's name, for tasks that don't give their own. An inner entry for a module takes the place of " +
      "the outer one. Differs from Ansible: there are no groups of modules.",
    type: "object",
    additionalProperties: { type: "object" },
  },
  become: flagOrTemplate("Run as another user by sudo."),
  become_user: text("The user to become; root otherwise."),
  become_method: {
    description: "How to become the other user. Differs from Ansible: `sudo` is the only way there is.",
    const: "sudo",
  },
  no_log: flagOrTemplate("Keep arguments and results out of everything that is shown or kept."),
  ignore_errors: flagOrTemplate(
    "Go on after a failure. An unreachable host is no failure: see ignore_unreachable.",
  ),
  ignore_unreachable: flagOrTemplate("Go on with a host that could not be reached, with the next task."),
  any_errors_fatal: flagOrTemplate(
    "A failure that no rescue takes back is one of all hosts: the others finish the task, and the play stops.",
  ),
  run_once: flagOrTemplate("Run for the first host of the play alone; all hosts get the result."),
  throttle: { ...countOrTemplate("On how many hosts at once a task may run."), minimum: 1 },
  timeout: durationOrTemplate("How long one try of a task may take: seconds, or `5m`."),
  check_mode: flagOrTemplate(
    "false runs it for real even in check mode, true never applies it. In a stage that stops servers false is for what looks only (`changed_when: false`).",
  ),
  diff: flagOrTemplate("Whether the changes of text files are shown; the command line's --diff otherwise."),
};

/** Words that tasks, blocks, includes and meta tasks share. */
export const sharedWords = {
  name: text("What the task does, shown while it runs."),
  when: condition("Runs only if this holds; of a list, only if all hold.", "list"),
  delegate_to: text("Another host of the inventory that does the work."),
  delegate_facts: flag(
    "true keeps what is found out with the host that does the work, not with the task's own.",
  ),
  ...inheritedWords,
};

/** The words of what runs once per item. */
export const loopWords = {
  loop: {
    description: "Runs once per item of a list.",
    type: ["array", "string"],
  },
  loop_control: {
    description: "How the loop's item is named and shown.",
    type: "object",
    additionalProperties: false,
    properties: {
      loop_var: text("The variable that holds the item; `item` otherwise."),
      index_var: text("A variable that holds the number of the item, counted from 0."),
      label: text("What is shown of an item."),
      pause: durationOrTemplate("How long to wait between two items: seconds, or `5m`."),
      extended: flag(
        "true sets `loop_info`: index (from 1), index0, revindex, revindex0, first, last, length, previtem, nextitem, " +
          "allitems. Ansible calls it `ansible_loop`.",
      ),
    },
  },
};
