import { Failure } from "../contract/errors.ts";
import type { HostReader } from "../contract/host.ts";
import type { JsonObject } from "../contract/json.ts";
import { lookingModule } from "../contract/module.ts";
import { parseQueueLine, type QueuedMessage, type QueueName, queueNames } from "../mail/queue-listing.ts";
import { absolutePath, closed } from "./argument-schemas.ts";

export interface PostqueueArgs {
  readonly queues?: readonly QueueName[];
  readonly limit?: number;
  readonly config_directory?: string;
}

/** Shows what waits in Postfix's queues. */
export const postqueue = lookingModule<PostqueueArgs>({
  name: "postqueue",
  description:
    "Counts what waits in Postfix's queues and lists the first messages, also while Postfix is stopped.",
  args: closed({
    queues: {
      type: "array",
      items: { type: "string", enum: queueNames },
      minItems: 1,
      uniqueItems: true,
      description: "The queues to count and list; all by default.",
    },
    limit: { type: "integer", minimum: 0, default: 50, description: "How many messages are listed." },
    config_directory: absolutePath("Postfix's configuration directory, if it is not the usual one."),
  }),

  async look({ queues = queueNames, limit = 50, config_directory }, host) {
    const config = config_directory === undefined ? [] : ["-c", config_directory];
    const wanted = new Set<string>(queues);
    const listed = await listMessages(config, wanted, limit, host);
    const files = await countFiles(config, host);
    // A message that moves between two queues can be missed by either way of counting, hardly by both.
    const counts = Object.fromEntries(
      queueNames.map((name) => [name, Math.max(files[name], listed.counts.get(name) ?? 0)]),
    );
    const count = queues.reduce((sum, name) => sum + (counts[name] ?? 0), 0);
    const oldestAge =
      listed.oldest === undefined ? null : Math.max(0, Math.round(host.facts.clock - listed.oldest));
    return {
      result: {
        count,
        queues: counts,
        oldest_age: oldestAge,
        messages: listed.messages.map(asJson),
        truncated: listed.truncated,
      },
      message: count === 0 ? "empty" : queues.map((name) => `${name} ${counts[name]}`).join(", "),
    };
  },
});

interface Listing {
  readonly counts: Map<string, number>;
  readonly messages: QueuedMessage[];
  oldest: number | undefined;
  truncated: boolean;
}

/** A queue may hold a hundred thousand messages: they are read as they come, and only the first are kept. */
async function listMessages(
  config: readonly string[],
  wanted: ReadonlySet<string>,
  limit: number,
  host: HostReader,
): Promise<Listing> {
  const listing: Listing = { counts: new Map(), messages: [], oldest: undefined, truncated: false };
  let rest = "";
  const take = (line: string): void => {
    const message = parseQueueLine(line);
    if (message === undefined || !wanted.has(message.queue)) return;
    listing.counts.set(message.queue, (listing.counts.get(message.queue) ?? 0) + 1);
    listing.oldest = Math.min(listing.oldest ?? message.arrivedAt, message.arrivedAt);
    if (listing.messages.length < limit) listing.messages.push(message);
    else listing.truncated = true;
  };
  await host.probe(["postqueue", ...config, "-j"], {
    onStdout: (chunk) => {
      const lines = (rest + chunk.toString("latin1")).split("\n");
      rest = lines.pop() ?? "";
      lines.forEach(take);
    },
  });
  take(rest);
  return listing;
}

/** Files in each queue's directory: the only way to see the corrupt ones. */
async function countFiles(config: readonly string[], host: HostReader): Promise<Record<QueueName, number>> {
  const { stdout } = await host.probe(["postconf", ...config, "-h", "queue_directory"]);
  const directory = stdout.toString("utf8").trim();
  const paths = queueNames.map((name) => `${directory}/${name}`);
  // A file that leaves a queue while it is listed is no error (exit code 1).
  const { stdout: found } = await host.probe(["find", ...paths, "-type", "f", "-printf", "%H\\n"], {
    accept: [0, 1],
  });
  const counts = new Map<string, number>();
  for (const line of found.toString("utf8").split("\n")) counts.set(line, (counts.get(line) ?? 0) + 1);
  if ((await host.stat(directory)) === undefined) throw noQueue(directory, host.name);
  return Object.fromEntries(
    queueNames.map((name) => [name, counts.get(`${directory}/${name}`) ?? 0]),
  ) as Record<QueueName, number>;
}

function noQueue(directory: string, host: string): Failure {
  return new Failure("task-failed", `there is no queue of Postfix at ${directory} on ${host}`, {
    host,
    next: "Is Postfix installed there? Another configuration directory is named by config_directory.",
  });
}

function asJson(message: QueuedMessage): JsonObject {
  return {
    queue: message.queue,
    queue_id: message.queueId,
    arrived: message.arrivedAt,
    size: message.sizeBytes,
    sender: message.sender,
    recipients: message.recipients.map(({ address, reason }) => ({ address, reason })),
  };
}
