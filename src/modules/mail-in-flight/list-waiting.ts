import { Failure } from "../../contract/errors.ts";
import type { HostReader } from "../../contract/host.ts";
import type { WaitingMessage } from "../../mail/in-flight.ts";
import { type QueueName, queueNames } from "../../mail/queue-listing.ts";
import { listQueue } from "../list-queue.ts";

/** What waited at a moment. */
export interface Waiting {
  /** Seconds since 1970 by the host's clock, before the listing began. */
  readonly listedAt: number;
  /** By queue id. */
  readonly queue: ReadonlyMap<string, WaitingMessage>;
}

/** More would not fit into memory. */
const mostWaiting = 250_000;

/** Lists what waits in Postfix's queues, the corrupt files among it, also while Postfix is stopped. */
export async function listWaiting(host: HostReader): Promise<Waiting> {
  const { stdout } = await host.probe(["sh", "-c", corruptScript]);
  const [clock = "", ...corrupt] = stdout.toString("latin1").trimEnd().split("\n");
  const listedAt = Number(clock);
  const queue = new Map<string, WaitingMessage>(
    corrupt.map((id) => [id, { queue: "corrupt", arrivedAt: listedAt, sender: "" }]),
  );
  await listQueue(host, [], ({ queue: name, queueId, arrivedAt, sender }) => {
    if (queue.size >= mostWaiting) throw tooMany(host.name);
    queue.set(queueId, { queue: knownQueue(name), arrivedAt, sender });
  });
  return { listedAt, queue };
}

/** postqueue does not show corrupt files. */
const corruptScript =
  'date +%s.%N; find "$(postconf -h queue_directory)/corrupt" -type f -printf "%f\\n" 2>/dev/null; :';

function tooMany(host: string): Failure {
  return new Failure("task-failed", `more than ${mostWaiting} messages wait on ${host}`, {
    host,
    next: "Let the queue become shorter first: mailq on the host shows what waits.",
  });
}

function knownQueue(name: string): QueueName {
  return queueNames.find((known) => known === name) ?? "active";
}
