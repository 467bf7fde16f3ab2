import type { JsonSchema } from "../../contract/json.ts";
import { connectionWords } from "../../language/inventory/connection-words.ts";
import { groupSchema } from "../../language/schemas/inventory.ts";
import { propertiesOf } from "./or-template.ts";

/** What each variable for the way to a host says. */
const descriptions: Readonly<Record<keyof typeof connectionWords, string>> = {
  address: "The address of the host, a name or an IP address; its name in the inventory otherwise.",
  port: "The port of its sshd; 22 otherwise.",
  user: "The user to log in as.",
  key_file: "The private key to log in with.",
  key_passphrase: "The passphrase of the key. Keep it out of files that others can read.",
  password: "The password to log in with. Keep it out of files that others can read.",
  jump: "A host of the inventory to go through, or a list of them.",
  become: "true runs tasks as another user by sudo.",
  become_user: "The user to become; root otherwise.",
  become_password: "The password that sudo asks for. Keep it out of files that others can read.",
  known_hosts_file: "Where the keys of hosts are looked up; ~/.ssh/known_hosts otherwise.",
  ssh_config_file: "The ssh configuration to follow; ~/.ssh/config otherwise.",
  connection: "`ssh`, or `local` for this machine.",
};

/** The schema of a whole inventory. Any other variable is the playbook's. */
export function inventorySchema(): JsonSchema {
  const group = propertiesOf(groupSchema);
  return {
    type: "object",
    properties: { all: { $ref: "#/definitions/group", description: "Every host, in groups." } },
    additionalProperties: { $ref: "#/definitions/group" },
    definitions: {
      group: {
        ...groupSchema,
        properties: {
          hosts: { ...group.hosts, additionalProperties: { $ref: "#/definitions/variables" } },
          vars: { ...group.vars, $ref: "#/definitions/variables" },
          children: {
            ...group.children,
            properties: {
              old: { $ref: "#/definitions/group", description: "The server that mail comes from." },
              new: { $ref: "#/definitions/group", description: "The server that mail goes to." },
            },
            additionalProperties: { $ref: "#/definitions/group" },
          },
        },
      },
      variables: { type: ["object", "null"], properties: connectionProperties() },
    },
  };
}

function connectionProperties(): Record<string, JsonSchema> {
  return Object.fromEntries(
    Object.entries(connectionWords).flatMap(([word, aliases]) => [
      [word, { description: descriptions[word] ?? word }] as const,
      ...aliases.map((alias) => [alias, { description: `Ansible's name for \`${word}\`.` }] as const),
    ]),
  );
}
