import type { JsonObject } from "../contract/json.ts";
import { lookingModule } from "../contract/module.ts";
import { type QueuedMessage, type QueueName, queueNames } from "../mail/queue-listing.ts";
import { absolutePath, closed } from "./argument-schemas.ts";
import { readQueues } from "./read-queues.ts";

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
    const { counts, oldest, messages, truncated } = await readQueues(host, {
      queues,
      limit,
      config_directory,
    });
    const count = queues.reduce((sum, name) => sum + counts[name], 0);
    const oldestAge = oldest === undefined ? null : Math.max(0, Math.round(host.facts.clock - oldest));
    return {
      result: {
        count,
        queues: counts,
        oldest_age: oldestAge,
        messages: messages.map(asJson),
        truncated,
      },
      message: count === 0 ? "empty" : queues.map((name) => `${name} ${counts[name]}`).join(", "),
    };
  },
});

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
