import type { JsonSchema } from "../../contract/json.ts";
import type { MetaAction } from "../model/task.ts";
import { sharedWords } from "./words.ts";

/** What a meta task can say, and what that does. */
export const metaActions: Readonly<Record<MetaAction, string>> = {
  flush_handlers: "runs the handlers that were notified so far; differs from Ansible: `when` counts here too",
  end_play: "ends the play for all hosts, without a failure; what they notified does not run",
  end_host: "ends the play for the host, without a failure; what it notified does not run",
  end_batch: "ends the play for the batch of `serial`; the next batch begins",
  clear_host_errors:
    "takes hosts back that failed, for the plays that follow; in a stage of a migration the run has failed all the same",
  clear_facts: "forgets the facts of the host",
  refresh_inventory: "reads the inventory anew",
  reset_connection: "closes the connection to the host; the next task makes a new one",
  noop: "does nothing",
};

/** A `meta` task. */
export const metaSchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["meta"],
  properties: {
    ...sharedWords,
    meta: {
      description: `Tells the engine itself something. ${Object.entries(metaActions)
        .map(([action, does]) => `\`${action}\` ${does}.`)
        .join(" ")}`,
      type: "string",
      enum: Object.keys(metaActions),
    },
  },
};
