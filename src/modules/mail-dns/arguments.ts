import type { JsonSchema } from "../../contract/json.ts";
import { absolutePath, closed, oneOrMore, port, seconds, word } from "../argument-schemas.ts";
import { type RecordArgs, wishedRecord } from "../dns-update/arguments.ts";

export interface MailDnsArgs {
  readonly domains: readonly string[];
  readonly names?: readonly string[];
  readonly dkim?: readonly { readonly name: string; readonly key: string }[];
  readonly old_addresses: readonly string[];
  readonly new_addresses: readonly string[];
  readonly old_names?: readonly string[];
  readonly new_names?: readonly string[];
  readonly old_keys?: readonly string[];
  readonly new_keys?: readonly string[];
  readonly issuer?: string;
  readonly planned?: readonly RecordArgs[];
  readonly blocklists?: readonly string[];
  readonly resolvers?: readonly string[];
  readonly server?: string | readonly string[];
  readonly port?: number;
  readonly timeout?: number;
  readonly ca_path?: string;
}

const list = (description: string, pattern = "^\\S+$"): JsonSchema => ({
  type: "array",
  items: { type: "string", pattern },
  description,
});

const addresses = (description: string): JsonSchema => list(description, "^[0-9A-Fa-f.:]+$");
const digests = (description: string): JsonSchema => list(description, "^[0-9A-Fa-f]+$");

export const mailDnsArguments: JsonSchema = closed(
  {
    domains: { ...list("The mail domains that move."), minItems: 1 },
    names: list("Names that users connect to, beside those that MX and SRV records lead to."),
    dkim: {
      type: "array",
      items: closed(
        { name: word("The full name of the DKIM record."), key: word("The public key, in base64.") },
        { required: ["name", "key"] },
      ),
      description: "The keys that the server signs with.",
    },
    old_addresses: addresses("Old's addresses as the world reaches it."),
    new_addresses: addresses("New's addresses as the world reaches it."),
    old_names: list("Old's own names, which stay its own."),
    new_names: list("New's own names."),
    old_keys: digests(
      "SHA-256 and SHA-512 of the public keys and certificates that old shows, in hex digits.",
    ),
    new_keys: digests("The same of new."),
    issuer: word(
      "Who issues the certificates, as CAA records name it: `letsencrypt.org`. Not looked at otherwise.",
    ),
    planned: {
      type: "array",
      items: wishedRecord,
      description: "The records that the switch will change: a change that is none of them is told apart.",
    },
    blocklists: list(
      "Zones of DNS block lists (`zen.spamhaus.org`) that are asked for new's addresses, through the resolvers.",
      "^[A-Za-z0-9.-]+$",
    ),
    resolvers: addresses(
      "Addresses of resolvers that are asked what they know; the system's for block lists otherwise.",
    ),
    server: oneOrMore(
      "Address of a resolver or of one of the zones' own name servers, to find the others by; the system's resolvers otherwise.",
      "^[0-9A-Fa-f.:]+$",
    ),
    port: port("Port of all name servers; 53 otherwise."),
    timeout: seconds("How long a name server may take for one answer.", 3),
    ca_path: absolutePath(
      "A PEM file on the host with more authorities to trust for the policies of MTA-STS.",
    ),
  },
  { required: ["domains", "old_addresses", "new_addresses"] },
);
