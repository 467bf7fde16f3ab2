import { Failure } from "../contract/errors.ts";
import type { HostReader } from "../contract/host.ts";
import { type QueuedMessage, type QueueName, queueNames } from "../mail/queue-listing.ts";
import { listQueue } from "./list-queue.ts";

export interface QueueQuestion {
  /** The queues whose messages are listed; all are counted. */
  readonly queues: readonly QueueName[];
  /** How many messages are listed. */
  readonly limit: number;
  readonly config_directory?: string | undefined;
}

/** What waits on a host. */
export interface Queues {
  readonly counts: Readonly<Record<QueueName, number>>;
  /** When the oldest message of the listed queues came in, in seconds since 1970; undefined when nothing waits. */
  readonly oldest: number | undefined;
  readonly messages: readonly QueuedMessage[];
  readonly truncated: boolean;
}

/** Counts what waits in Postfix's queues, also while Postfix is stopped. */
export async function readQueues(
  host: HostReader,
  { queues, limit, config_directory }: QueueQuestion,
): Promise<Queues> {
  const config = config_directory === undefined ? [] : ["-c", config_directory];
  const listed = await listMessages(config, new Set<string>(queues), limit, host);
  const files = await countFiles(config, host);
  // A message that moves between two queues can be missed by either way of counting, hardly by both.
  const counts = Object.fromEntries(
    queueNames.map((name) => [name, Math.max(files[name], listed.counts.get(name) ?? 0)]),
  ) as Record<QueueName, number>;
  const { oldest, messages, truncated } = listed;
  return { counts, oldest, messages, truncated };
}

interface Listing {
  readonly counts: Map<string, number>;
  readonly messages: QueuedMessage[];
  oldest: number | undefined;
  truncated: boolean;
}

/** Only the first messages are kept. */
async function listMessages(
  config: readonly string[],
  wanted: ReadonlySet<string>,
  limit: number,
  host: HostReader,
): Promise<Listing> {
  const listing: Listing = { counts: new Map(), messages: [], oldest: undefined, truncated: false };
  await listQueue(host, config, (message) => {
    if (!wanted.has(message.queue)) return;
    listing.counts.set(message.queue, (listing.counts.get(message.queue) ?? 0) + 1);
    listing.oldest = Math.min(listing.oldest ?? message.arrivedAt, message.arrivedAt);
    if (listing.messages.length < limit) listing.messages.push(message);
    else listing.truncated = true;
  });
  return listing;
}

/** Files in each queue's directory: the only way to see the corrupt ones. One that is not 0700 was never accepted (cleanup(8)). */
async function countFiles(config: readonly string[], host: HostReader): Promise<Record<QueueName, number>> {
  const { stdout } = await host.probe(["postconf", ...config, "-h", "queue_directory"]);
  const directory = stdout.toString("utf8").trim();
  const paths = queueNames.map((name) => `${directory}/${name}`);
  // A file that leaves a queue while it is listed is no error (exit code 1).
  const complete = ["(", "-perm", "-700", "-o", "-path", `${directory}/corrupt/*`, ")"];
  const { stdout: found } = await host.probe(
    ["find", ...paths, "-type", "f", ...complete, "-printf", "%H\\n"],
    { accept: [0, 1] },
  );
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
