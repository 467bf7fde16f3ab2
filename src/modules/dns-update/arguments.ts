import type { JsonSchema } from "../../contract/json.ts";
import { type MailRecordType, mailRecordTypes } from "../../mail/dns-record.ts";
import { absolutePath, closed, oneOf, oneOrMore, port, seconds, whenIs, word } from "../argument-schemas.ts";

export interface RecordArgs {
  readonly name: string;
  readonly type: MailRecordType;
  readonly ttl?: number | "before";
  readonly data?: string | readonly string[];
  readonly state?: "present" | "absent" | "exact" | "before";
}

export interface DnsUpdateArgs {
  readonly records: readonly RecordArgs[];
  readonly method?: "nsupdate" | "command" | "manual";
  readonly command?: string;
  readonly server?: string;
  readonly port?: number;
  readonly key_file?: string;
  readonly zone?: string;
  readonly timeout?: number;
  readonly interval?: number;
  readonly key?: string;
  readonly save_as?: string;
  readonly before_unknown?: "refuse" | "keep";
}

/** A set of records as it is to be. */
export const wishedRecord: JsonSchema = closed(
  {
    name: { ...word("The name."), pattern: "^[\\p{L}\\p{N}_.*-]+$" },
    type: {
      type: "string",
      enum: mailRecordTypes.filter((type) => type !== "SOA"),
      description: "The type.",
    },
    ttl: {
      anyOf: [{ type: "integer", minimum: 1, maximum: 604_800 }, { const: "before" }],
      description:
        "The TTL in seconds; `before` gives the set the TTL it had before Mailferry first changed it.",
    },
    data: oneOrMore(
      "The data as a zone file has it; a TXT is its bare text. Without data the TTL alone changes.",
      "^[^\\r\\n]+$",
    ),
    state: oneOf(
      ["present", "absent", "exact", "before"],
      "Whether this data is to be there, not to be there, or to be all there is of that name and type. `before`: the data that the set had before Mailferry first changed it, and no other.",
    ),
  },
  {
    required: ["name", "type"],
    if: { properties: { state: { not: { const: "before" } } }, required: ["state"] },
    ...needsData(),
    allOf: [whenIs("state", "before", { forbids: ["data"] })],
  },
);

export const dnsUpdateArguments: JsonSchema = closed(
  {
    records: {
      type: "array",
      minItems: 1,
      items: wishedRecord,
      description: "What is to be. Nothing else is touched.",
    },
    method: oneOf(
      ["nsupdate", "command", "manual"],
      "`nsupdate` changes the records itself; `command` has a command of yours do it; `manual` tells the person what to change. All wait until it is seen.",
      "nsupdate",
    ),
    command: word(
      "A command line for the shell of the task's host (method `command`). It reads the sets of records as they are to be, one JSON object a line: zone, name, type, ttl, data and before, the data as a zone file has them; an empty `data` removes the set. It ends with 0 when all are changed.",
    ),
    server: {
      ...word(
        "Address of the name server that takes updates; also where the way to the other name servers is asked for.",
      ),
      pattern: "^[0-9A-Fa-f.:]+$",
    },
    port: port("Port of all name servers; 53 otherwise."),
    key_file: absolutePath(
      "The TSIG key, on the task's host, in a file as `tsig-keygen` writes it (nsupdate).",
    ),
    zone: { ...word("The zone; found out otherwise."), pattern: "^[A-Za-z0-9_.-]+$" },
    timeout: seconds("How long to wait for every name server; 300, 7200 by hand."),
    interval: seconds("Time between two looks.", 2),
    key: word("The question's key in the answers file (`manual`); dns_changed otherwise."),
    save_as: word("The run file that keeps what the records were; dns-before.json otherwise."),
    before_unknown: oneOf(
      ["refuse", "keep"],
      "With the state `before`, where it is not known what a record was before: refuse, or leave it as it is and tell so.",
      "refuse",
    ),
  },
  { required: ["records"], ...whenIs("method", "command", { needs: ["command"] }) },
);

/** A state says something of data only. */
function needsData(): JsonSchema {
  // biome-ignore lint/suspicious/noThenProperty: the keyword of JSON Schema
  return { then: { properties: { data: {} }, required: ["data"] } };
}
