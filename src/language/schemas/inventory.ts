import type { JsonSchema } from "../../contract/json.ts";

/** A group of an inventory. Its variables and hosts are looked at one by one. */
export const groupSchema: JsonSchema = {
  type: ["object", "null"],
  additionalProperties: false,
  properties: {
    hosts: {
      description: "Hosts by name, each with its variables or nothing.",
      type: ["object", "null"],
      additionalProperties: { type: ["object", "null"] },
    },
    vars: { description: "Variables of all its hosts.", type: ["object", "null"] },
    children: { description: "Groups inside this one, by name.", type: ["object", "null"] },
  },
};
