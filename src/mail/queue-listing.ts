import { Failure } from "../contract/errors.ts";

/** The queues of Postfix that hold mail. Mail moves from the first ones to the later ones. */
export const queueNames = ["maildrop", "incoming", "active", "deferred", "hold", "corrupt"] as const;

export type QueueName = (typeof queueNames)[number];

/** One message of the queue, as `postqueue -j` tells of it. */
export interface QueuedMessage {
  readonly queue: string;
  readonly queueId: string;
  /** Seconds since 1970. */
  readonly arrivedAt: number;
  readonly sizeBytes: number;
  readonly sender: string;
  readonly recipients: readonly { readonly address: string; readonly reason: string }[];
}

/** A line names every recipient, each with a reason: some ten thousand of them fit. */
export const longestQueueLine = 1 << 24;

/** Reads one line of `postqueue -j`: one JSON object a message. undefined for an empty line; throws a Failure for any other. */
export function parseQueueLine(line: string): QueuedMessage | undefined {
  if (line.trim() === "") return undefined;
  const value = jsonOf(line);
  if (!isRecord(value)) {
    throw new Failure("task-failed", `postqueue told no message of a queue: ${line.slice(0, 80)}`, {
      next: "Run `postqueue -j` on the host and see what it says.",
    });
  }
  const recipients = Array.isArray(value.recipients) ? value.recipients.filter(isRecord) : [];
  return {
    queue: text(value.queue_name),
    queueId: text(value.queue_id),
    arrivedAt: number(value.arrival_time),
    sizeBytes: number(value.message_size),
    sender: text(value.sender),
    recipients: recipients.map(({ address, delay_reason }) => ({
      address: text(address),
      reason: text(delay_reason),
    })),
  };
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function number(value: unknown): number {
  return typeof value === "number" ? value : 0;
}
