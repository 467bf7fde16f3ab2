import { Failure } from "../../contract/errors.ts";
import type { HostReader } from "../../contract/host.ts";
import type { WaitingMessage } from "../../mail/in-flight.ts";
import { longestQueueLine, parseQueueLine, type QueueName, queueNames } from "../../mail/queue-listing.ts";
import { LineCutter } from "../line-cutter.ts";

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
  const lines = new LineCutter((line) => {
    const message = parseQueueLine(line);
    if (message === undefined) return;
    if (queue.size >= mostWaiting) throw tooMany(host.name);
    const { queueId, arrivedAt, sender } = message;
    queue.set(queueId, { queue: knownQueue(message.queue), arrivedAt, sender });
  }, longestQueueLine);
  await host.probe(["postqueue", "-j"], { onStdout: (chunk) => lines.feed(chunk) });
  lines.end();
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
