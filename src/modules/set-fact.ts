import type { JsonObject } from "../contract/json.ts";
import { lookingModule } from "../contract/module.ts";

/** Sets variables on a host for the rest of the run. */
export const setFact = lookingModule<JsonObject>({
  name: "set_fact",
  description: "Sets variables on the host for the rest of the run: every key is a variable's name.",
  args: {
    type: "object",
    minProperties: 1,
    propertyNames: {
      type: "string",
      pattern: "^[A-Za-z_][A-Za-z0-9_]*$",
      not: { enum: ["__proto__", "constructor", "prototype"] },
    },
    properties: {
      cacheable: {
        const: false,
        description:
          "Left out: facts are not kept from run to run. Set them anew, or write them into the inventory.",
      },
    },
    additionalProperties: { description: "The value: a text, number, boolean, list or mapping." },
  },

  async look({ cacheable: _no, ...facts }) {
    return { result: facts, variables: facts };
  },
});
