import type { JsonSchema } from "../../contract/json.ts";
import { flag, text } from "./common.ts";

/** An entry of `vars_prompt`. */
export const promptSchema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["name"],
  properties: {
    name: text("The variable; also the name of the question in a file of answers (`--answers`)."),
    prompt: text("The question; the variable's name otherwise."),
    default: {
      description: "What counts when nothing is typed, or nobody is there to ask.",
      type: ["string", "number", "boolean"],
    },
    private: flag(
      "false shows what is typed. Otherwise it is hidden, and masked wherever it would be shown or kept.",
    ),
    confirm: flag("Ask twice, until both answers are the same."),
  },
};
