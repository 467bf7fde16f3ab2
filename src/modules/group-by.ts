import type { Json } from "../contract/json.ts";
import { lookingModule } from "../contract/module.ts";
import { groupNamesSchema, readGroupNames } from "./group-names.ts";

interface GroupByArgs {
  readonly key: string;
  readonly parents?: Json | undefined;
}

/** Puts the host into a group that is named by what is known of it. */
export const groupBy = lookingModule<GroupByArgs>({
  name: "group_by",
  description:
    "Puts the host into a group for the rest of the run, made if there is none; later plays and `group_vars/GROUP` count for it. No host can be put into `old` or `new`.",
  args: {
    type: "object",
    additionalProperties: false,
    required: ["key"],
    properties: {
      key: {
        description: "The group's name: `os_{{facts.distribution}}`. A space in it becomes `-`.",
        type: "string",
        minLength: 1,
      },
      parents: groupNamesSchema("The groups that the group is put into. Default: `all`."),
    },
  },

  async look({ key, parents }) {
    const group = withoutSpaces(key);
    const above = readGroupNames(parents).map(withoutSpaces);
    return {
      result: { add_group: group, parent_groups: above.length === 0 ? ["all"] : above },
      inventory: { kind: "group", group, parents: above },
    };
  },
});

function withoutSpaces(name: string): string {
  return name.replaceAll(" ", "-");
}
