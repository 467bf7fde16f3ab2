import { Failure } from "../../contract/errors.ts";
import type { HostReader } from "../../contract/host.ts";
import { lookingModule } from "../../contract/module.ts";
import { parseQmailQueue, parseUnprocessed, type QmailMessage } from "../../mail/qmail-queue.ts";
import { absolutePath, closed } from "../argument-schemas.ts";

export interface QmailQueueArgs {
  readonly qmail_directory?: string;
  readonly domains?: readonly string[];
  readonly limit?: number;
}

/** Shows what waits in qmail's queue. */
export const qmailQueue = lookingModule<QmailQueueArgs>({
  name: "qmail_queue",
  description:
    "Counts what waits in qmail's queue, by qmail-qread and qmail-qstat: `messages`, of them not yet looked at by qmail-send `unprocessed`; recipients that are to be delivered `local` and `remote`; and for how many seconds the oldest has waited, `oldest_age`. The first messages are listed.",
  args: closed({
    qmail_directory: absolutePath("Where qmail lives; /var/qmail when left out."),
    domains: {
      type: "array",
      minItems: 1,
      items: { type: "string", minLength: 1 },
      description: "Count only recipients in these domains; those without a domain count too.",
    },
    limit: { type: "integer", minimum: 0, default: 50, description: "How many messages are listed." },
  }),

  async look({ qmail_directory: directory = "/var/qmail", domains, limit = 50 }, host) {
    // First what is not yet looked at: a message that moves on meanwhile is then seen twice, never missed.
    const unprocessed = await ask(`${directory}/bin/qmail-qstat`, host, parseUnprocessed);
    const queue = await ask(`${directory}/bin/qmail-qread`, host, parseQmailQueue);
    const messages = queue.map((message) => ofDomains(message, domains)).filter(waits);
    const count = (channel: "local" | "remote") =>
      messages.flatMap(({ recipients }) => recipients.filter((each) => each.channel === channel)).length;
    const { stdout } = await host.probe(["date", "+%s"]);
    const ages = messages.map(({ queuedAt }) => Math.max(0, Number(stdout.toString("utf8")) - queuedAt));
    const counts = { unprocessed, local: count("local"), remote: count("remote") };
    return {
      result: {
        ...counts,
        messages: messages.length + unprocessed,
        oldest_age: ages.reduce((oldest, age) => Math.max(oldest, age), 0),
        listed: messages.slice(0, limit).map(({ id, sizeBytes, sender, recipients }) => ({
          ...{ id, size: sizeBytes, sender },
          recipients: recipients.map(({ channel, address }) => ({ channel, address })),
        })),
        truncated: messages.length > limit,
      },
      message:
        messages.length + unprocessed === 0
          ? "empty"
          : `${counts.local} local, ${counts.remote} remote, ${unprocessed} not yet looked at`,
    };
  },
});

async function ask<T>(program: string, host: HostReader, read: (output: string) => T): Promise<T> {
  const { stdout } = await host.probe([program]);
  try {
    return read(stdout.toString("utf8"));
  } catch (error) {
    const next = `Run ${program} there as root and look.`;
    throw new Failure("task-failed", `qmail's queue can't be read: ${message(error)}`, {
      ...{ host: host.name, next, cause: error },
    });
  }
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A message all of whose recipients are done is about to go; a bounce to nobody (`#@[]`) has none either. */
function waits({ recipients }: QmailMessage): boolean {
  return recipients.length > 0;
}

function ofDomains(queued: QmailMessage, domains: readonly string[] | undefined): QmailMessage {
  if (domains === undefined) return queued;
  const wanted = new Set(domains.map((domain) => domain.toLowerCase()));
  const recipients = queued.recipients.filter(({ address }) => {
    const at = address.lastIndexOf("@");
    return at < 0 || wanted.has(address.slice(at + 1).toLowerCase());
  });
  return { ...queued, recipients };
}
