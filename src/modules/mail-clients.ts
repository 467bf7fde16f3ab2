import type { JsonObject } from "../contract/json.ts";
import { lookingModule } from "../contract/module.ts";
import { ClientCount, clientPattern, isVisitor, lastOf, type MailClient } from "../mail/mail-clients.ts";
import { closed } from "./argument-schemas.ts";
import { readMailLog } from "./mail-log/read-mail-log.ts";

export interface MailClientsArgs {
  readonly since?: number | string;
  readonly domains?: readonly string[];
  readonly itself?: boolean;
  readonly visits?: number;
  readonly mark?: string;
  readonly limit?: number;
}

/** Lists who uses a mail host: logins, and hosts that hand mail in. */
export const mailClients = lookingModule<MailClientsArgs>({
  name: "mail_clients",
  description:
    "Lists, by the host's mail log, who logs in by IMAP, POP3, ManageSieve or to submit mail, which other hosts hand mail in, and who connects to the ports that the role relay watches. Registers `clients` (service, name, count, last), `count`, `visitors` (how many of these came to a watched port), `others` (clients that were too many to be told apart), `passers_by` (addresses below `visits`), `last_age`, `reaches_back` (for how many of the seconds since then the log tells, null where it is empty), `is_written` (whether the `mark` is in it) and `is_whole` (whether that is all of them, and it is written).",
  args: closed({
    since: {
      anyOf: [
        { type: "number", minimum: 0 },
        { type: "string", pattern: "^[0-9]+$" },
      ],
      description:
        "From when on, in seconds since 1970 by the host's clock; since new was opened otherwise, or in the last day.",
    },
    domains: {
      type: "array",
      minItems: 1,
      items: { type: "string", minLength: 1 },
      description:
        "Only logins of users of these domains are counted; otherwise all, and hosts that hand mail in.",
    },
    itself: {
      type: "boolean",
      default: false,
      description: "Programs of the host itself that hand mail in by SMTP are counted, too.",
    },
    visits: {
      type: "integer",
      minimum: 1,
      default: 1,
      description:
        "An address at a port where nothing answers any more is a client from so many connections on. Scanners come once or twice.",
    },
    mark: {
      type: "string",
      pattern: "^[a-z0-9-]*$",
      default: "",
      description:
        "A word that was written to the log just now (postlog): a log that nobody writes any more has it not, and would look like one in which nobody came.",
    },
    limit: { type: "integer", minimum: 0, default: 50, description: "How many clients are listed." },
  }),

  async look({ since, domains, itself = false, visits = 1, mark = "", limit = 50 }, host, context) {
    const { clock, clock_skew } = host.facts;
    const opened = await context.latches.setAt("new-opened");
    const lastDay = clock - 86_400;
    const from = opened === undefined ? lastDay : Date.parse(opened) / 1000 + clock_skew;
    const begin = Number(since ?? from);
    const pattern = mark === "" ? clientPattern : `${clientPattern}|${mark}`;
    const question = { since: begin, pattern, signal: context.signal };
    let isMarked = mark === "";
    const count = new ClientCount(
      domains?.map((domain) => domain.toLowerCase()),
      itself,
    );
    const { oldest } = await readMailLog(host, question, (line) => {
      isMarked ||= line.text.includes(mark);
      count.take(line);
    });
    const all = count.clients();
    const clients = all.filter((one) => !isVisitor(one) || one.count >= visits);
    const lastAt = lastOf(clients);
    const visitors = clients.filter(isVisitor);
    const listed = clients.slice(0, limit);
    return {
      message: clients.length === 0 ? "nobody" : listed.map(clientLine).join("\n"),
      result: {
        clients: listed.map(asJson),
        count: clients.length,
        visitors: visitors.length,
        others: count.others,
        passers_by: all.length - clients.length,
        last_age: lastAt === undefined ? null : Math.max(0, Math.round(clock - lastAt)),
        reaches_back: oldest === undefined ? null : Math.max(0, Math.round(clock - Math.max(oldest, begin))),
        is_written: isMarked,
        is_whole: isMarked && oldest !== undefined && oldest <= begin,
      },
    };
  },
});

/** "imap john@example.org, 3 times, last 2026-11-29T14:30:57Z" */
export function clientLine({ service, name, count, lastAt }: MailClient): string {
  const last = new Date(lastAt * 1000).toISOString().replace(/\.\d+Z$/, "Z");
  return `${service} ${name}, ${count === 1 ? "once" : `${count} times`}, last ${last}`;
}

function asJson({ service, name, count, lastAt }: MailClient): JsonObject {
  return { service, name, count, last: lastAt };
}
