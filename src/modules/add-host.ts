import type { Json, JsonObject } from "../contract/json.ts";
import { lookingModule } from "../contract/module.ts";
import { groupNamesSchema, readGroupNames } from "./group-names.ts";

/** Adds a host to the inventory of the run. */
export const addHost = lookingModule<JsonObject>({
  name: "add_host",
  description:
    "Adds a host to the inventory for the rest of the run, or gives it more groups and variables; the files stay as they are. Runs once for all hosts of the play. Every further key is a variable of the host, those of the connection (`ansible_host`, `ansible_port`, …) included. Of the several names that Ansible has for its arguments, `name` and `groups` are read. No host can be put into `old` or `new`.",
  args: {
    type: "object",
    required: ["name"],
    properties: {
      name: { description: "The host's name; `NAME:PORT` is read too.", type: "string", minLength: 1 },
      groups: groupNamesSchema(
        "The groups it gets into: a list, or names with commas between. New ones are made.",
      ),
    },
    propertyNames: {
      type: "string",
      pattern: "^[A-Za-z_][A-Za-z0-9_]*$",
      not: { enum: ["__proto__", "constructor", "prototype", "hostname", "host", "group", "groupname"] },
    },
    additionalProperties: { description: "A variable of the host." },
  },

  async look({ name, groups, ...variables }) {
    const [host, port] = splitPort(String(name));
    const withPort = port === undefined ? variables : { ansible_port: port, ...variables };
    const inGroups = readGroupNames(groups as Json | undefined);
    return {
      result: { add_host: { host_name: host, groups: inGroups, host_vars: variables } },
      inventory: { kind: "host", name: host, groups: inGroups, variables: withPort },
    };
  },
});

function splitPort(name: string): [string, number | undefined] {
  const [, host, port] = /^([^:]+):(\d+)$/.exec(name) ?? [];
  return host === undefined ? [name, undefined] : [host, Number(port)];
}
