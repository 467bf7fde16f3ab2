import type { DeliveryAttempt } from "./postfix-log.ts";
import { type QueueName, queueNames } from "./queue-listing.ts";

/** Where a message went, or where it is. */
export type Whereabouts =
  /** Into a mailbox of this host, before its last ledger: the proof counts it. */
  | "delivered"
  /** Into a mailbox of a moved domain on this host, behind the last ledger: new does not have it. */
  | "delivered-late"
  /** To the new host. */
  | "relayed"
  /** To another server. */
  | "sent"
  /** It goes on under another queue id: an alias, a content filter, a requeue. */
  | "forwarded"
  /** The sender was told, or it was too old. */
  | "bounced"
  /** By a rule of the administrator. */
  | "discarded"
  /** By hand, with postsuper. */
  | "deleted"
  | QueueName
  /** Neither the log nor the queue tells. */
  | "unknown";

/** All words for whereabouts, in the order in which they are told. */
export const whereaboutsWords: readonly Whereabouts[] = [
  ...(["delivered", "relayed", "sent", "forwarded", "bounced", "discarded", "deleted"] as const),
  ...queueNames,
  ...(["delivered-late", "unknown"] as const),
];

/** Ways that may be a loss. */
export const failingWays: ReadonlySet<Whereabouts> = new Set(["delivered-late", "unknown"]);

/** What became of one recipient, or of the rest of them. */
export interface Way {
  readonly went: Whereabouts;
  readonly recipient?: string | undefined;
  readonly relay?: string | undefined;
  readonly said?: string | undefined;
  /** Seconds since 1970. */
  readonly at: number;
}

/** One message, and where it went. */
export interface AccountedMessage {
  readonly id: string;
  /** When the log names it first, in seconds since 1970. */
  readonly at: number;
  readonly sender: string | undefined;
  readonly messageId: string | undefined;
  readonly ways: readonly Way[];
}

/** A message that waits. */
export interface WaitingMessage {
  readonly queue: QueueName;
  readonly arrivedAt: number;
  readonly sender: string;
}

export interface InFlightQuestion {
  /** When the queue was listed. What came in later is under way, and not asked for. */
  readonly listedAt: number;
  readonly queue: ReadonlyMap<string, WaitingMessage>;
  /** When old's last ledger was begun, by this host's clock; without one nothing is late. */
  readonly ledgerAt: number | undefined;
  isNewHost(relay: string): boolean;
  isMovedRecipient(recipient: string): boolean;
  /** Gets every message once, as soon as its way is known. */
  onMessage(message: AccountedMessage): void;
}

/** How many messages took each way. One that took several counts in each. */
export interface InFlightTotals {
  readonly messages: number;
  readonly went: ReadonlyMap<Whereabouts, number>;
  /** What the journal says of lines that it dropped. */
  readonly linesLost: readonly string[];
}

/** Of a delivery that was made: where that leads. */
export function destinationOf(
  { agent, recipient, relay, said }: DeliveryAttempt,
  at: number,
  { isNewHost, isMovedRecipient, ledgerAt }: InFlightQuestion,
): Whereabouts {
  if (agent === "discard") return "discarded";
  if (/^(forwarded as|requeued as) /.test(said)) return "forwarded";
  if (isNewHost(relay)) return "relayed";
  const place = /\[([^\]]*)\](?::\d+)?$/.exec(relay)?.[1];
  const isHere = place === undefined || place.startsWith("private/") || isLoopback(place);
  if (!isHere) return "sent";
  // A content filter on this host, which hands the message in again.
  if (agent === "smtp") return "forwarded";
  return ledgerAt !== undefined && at > ledgerAt && isMovedRecipient(recipient)
    ? "delivered-late"
    : "delivered";
}

function isLoopback(address: string): boolean {
  return address === "::1" || address.startsWith("127.");
}
