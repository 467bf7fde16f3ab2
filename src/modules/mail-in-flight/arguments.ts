import type { JsonSchema } from "../../contract/json.ts";
import { closed, word, yesOrNo } from "../argument-schemas.ts";

export interface MailInFlightArgs {
  readonly mark?: boolean;
  readonly since?: number | string;
  readonly new?: readonly string[];
  readonly domains?: readonly string[];
  readonly ledger?: string;
  readonly accept_unknown?: boolean;
  readonly save_as?: string;
}

const words = (description: string): JsonSchema => ({
  type: "array",
  items: { type: "string", minLength: 1 },
  description,
});

export const mailInFlightArguments: JsonSchema = closed({
  mark: yesOrNo("Only note `since` as the beginning of the last copy; the next account begins there.", false),
  since: {
    anyOf: [
      { type: "number", minimum: 0 },
      { type: "string", pattern: "^[0-9]+$" },
    ],
    description:
      "From when on, in seconds since 1970 by the host's clock; what was noted last otherwise, or all that the log holds.",
  },
  new: words("Names and addresses of the new host: what was handed to one of them counts as relayed."),
  domains: words(
    "Domains that move: what this host still puts into their mailboxes behind `ledger` is lost to new.",
  ),
  ledger: word(
    "The last ledger of this host, as mail_ledger saved it: what was delivered before it stands in it.",
  ),
  accept_unknown: yesOrNo(
    "Messages that nothing tells of, and a log with gaps, are told and let pass.",
    false,
  ),
  save_as: word("The account's name among the run's files: NAME.jsonl; in-flight otherwise."),
});
