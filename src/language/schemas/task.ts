import type { JsonSchema } from "../../contract/json.ts";
import { condition, countOrTemplate, durationOrTemplate, list, texts } from "./common.ts";
import { loopWords, sharedWords } from "./words.ts";

/** The words of a task beside its module. Also the list of what is no module. */
export const taskSchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    ...sharedWords,
    args: {
      description: "More arguments of the module, where its own are a text: `args: { chdir: /srv }`.",
      type: "object",
    },
    register: {
      description:
        "Keeps the result in a variable: what the module gives, `changed`, `failed`, `skipped`, `msg` of a failure; of a " +
        "loop `results`, each with its item under the loop's variable.",
      type: "string",
    },
    ...loopWords,
    notify: texts("Handlers to run at the end of the play if this changed something."),
    listen: texts("Other names that this handler answers to."),
    until: condition("Tries again until this holds; of a list, until all hold.", "list"),
    retries: countOrTemplate(
      "How many more times to try after the first; with `until` alone there are three tries. Without `until` it tries " +
        "until the task does not fail.",
    ),
    delay: durationOrTemplate("How long to wait between tries: seconds, or `5m`; 5 seconds otherwise."),
    async: durationOrTemplate(
      "Runs the work as a job on the host, which ends it after this time: seconds, or `5m`. For `command`, `shell` and " +
        "`script`. Registers `job_id`, `started`, `finished` and `job_status` (`running` or `ended`). Differs from " +
        "Ansible: started and finished are true or false, the id is `job_id`, and a later run waits for a job that " +
        "nobody asked about.",
    ),
    poll: durationOrTemplate(
      "0 goes on without waiting for the job of `async`: ask with `async_status`. Differs from Ansible: any other value " +
        "follows the job closely, showing its lines, also over a lost link.",
    ),
    changed_when: condition(
      "Whether the task counts as having changed something; of a list, if all hold.",
      "list",
    ),
    failed_when: condition(
      "Whether the task counts as failed; of a list, if all hold. Differs from Ansible: false takes back the exit code " +
        "of a command, and no other failure.",
      "list",
    ),
  },
};

/** The words of a block. */
export const blockSchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["block"],
  properties: {
    ...sharedWords,
    block: { description: "Tasks that share the words of the block.", type: "array", minItems: 1 },
    rescue: list("Tasks to run when one in the block failed."),
    always: list("Tasks to run in the end in any case."),
  },
};
