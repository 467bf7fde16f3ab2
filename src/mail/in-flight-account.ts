import { Failure } from "../contract/errors.ts";
import {
  type AccountedMessage,
  destinationOf,
  type InFlightQuestion,
  type InFlightTotals,
  type Way,
  type Whereabouts,
} from "./in-flight.ts";
import type { DeliveryAttempt, PostfixEvent } from "./postfix-log.ts";

/** So many messages may be open at the same time; more would not fit into memory. */
const mostOpen = 250_000;
/** Recipients of one message that are named; all are counted. */
const mostNamed = 50;

interface OpenMessage {
  readonly id: string;
  readonly at: number;
  /** Its arrival was seen, so all that happened to it was. */
  isWhole: boolean;
  sender: string | undefined;
  messageId: string | undefined;
  /** The queue has it: the client was told so. */
  isTaken: boolean;
  /** What the client sent did not come to its end. */
  isBroken: boolean;
  isDiscarded: boolean;
  /** Only whether an address exists was asked for (address verification): no message. */
  isProbe: boolean;
  recipients: number;
  settled: number;
  lastDeferral: string | undefined;
  /** Most messages of a long queue have none yet: what there isn't takes no room. */
  ways: Way[] | undefined;
  /** Each word once. */
  went: Whereabouts[] | undefined;
}

/** Follows every message through the events of Postfix's log. Holds only those whose way has not come to its end. */
export class InFlightAccount {
  readonly #question: InFlightQuestion;
  readonly #open = new Map<string, OpenMessage>();
  /** The message that each smtpd process takes in at the moment. */
  readonly #arriving = new Map<string, string>();
  /** What has left the queue since it was listed. */
  readonly #leftQueue = new Set<string>();
  readonly #went = new Map<Whereabouts, number>();
  readonly #linesLost: string[] = [];
  #messages = 0;

  constructor(question: InFlightQuestion) {
    this.#question = question;
  }

  /** Takes the next event. Throws a Failure when more messages are open than can be kept. */
  take(event: PostfixEvent): void {
    if (event.kind === "lines-lost") {
      if (this.#linesLost.length < mostNamed) this.#linesLost.push(event.text);
    } else if (event.kind === "session-broken") {
      const message = this.#open.get(this.#arriving.get(event.process) ?? "");
      if (message !== undefined) message.isBroken = true;
    } else if (event.kind === "arriving") {
      this.#begin(event.id, event.at, event.process);
    } else {
      this.#follow(event);
    }
  }

  /** Settles what is still open: it waits, is under way, or nobody knows where it is. */
  finish(): InFlightTotals {
    for (const message of [...this.#open.values()]) this.#settle(message);
    for (const [id, { queue, arrivedAt, sender }] of this.#question.queue) {
      if (this.#leftQueue.has(id)) continue;
      const message = this.#add(id, arrivedAt);
      message.sender = sender;
      this.#end(message, { went: queue, at: arrivedAt });
    }
    return { messages: this.#messages, went: this.#went, linesLost: this.#linesLost };
  }

  #begin(id: string, at: number, process: string): void {
    const before = this.#open.get(this.#arriving.get(process) ?? "");
    // One process takes one message after the other: the last one came to its end, one way or another.
    if (before !== undefined && !before.isTaken && (before.messageId === undefined || before.isDiscarded)) {
      this.#settle(before);
    }
    const same = this.#open.get(id);
    if (same !== undefined) this.#settle(same);
    this.#arriving.set(process, id);
    this.#add(id, at).isWhole = true;
  }

  #follow(event: Exclude<PostfixEvent, { kind: "lines-lost" | "session-broken" | "arriving" }>): void {
    const { id, at, kind } = event;
    const known = this.#open.get(id);
    // Its way began and came to its end before: only the last line lies in the time that is asked for.
    if (known === undefined && (kind === "removed" || kind === "refused")) return;
    const message = known ?? this.#add(id, at);
    switch (kind) {
      case "message-id":
        // Without an arrival it was made here: a notification.
        message.isWhole ||= known === undefined;
        message.messageId = event.messageId;
        return;
      case "queued":
        message.isTaken = true;
        message.sender = event.sender;
        message.recipients = event.recipients;
        return;
      case "attempt":
        this.#attempt(message, at, event.attempt);
        return;
      case "held":
      case "released":
        message.isTaken = true;
        return;
      case "refused":
        if (!message.isTaken) this.#forget(message);
        return;
      case "discarded":
        message.isDiscarded = true;
        return;
      case "requeued":
        this.#end(message, { went: "forwarded", said: "requeued", at });
        return;
      case "deleted":
        this.#end(message, { went: "deleted", at });
        return;
      case "expired":
        // Nobody tells how many they are where that was before the time that is asked for.
        message.settled = Math.max(1, message.recipients);
        this.#tell(message, { went: "bounced", said: "too old", at });
        return;
      case "removed":
        if (wasSettledBefore(message)) this.#forget(message);
        else this.#end(message, ...missingWays(message, at));
        return;
    }
  }

  #attempt(message: OpenMessage, at: number, attempt: DeliveryAttempt): void {
    const { recipient, relay, status, said } = attempt;
    message.isTaken = true;
    if (status === "deliverable" || status === "undeliverable") {
      message.isProbe = true;
    } else if (status === "sent" || status === "bounced") {
      message.settled += 1;
      const went = status === "bounced" ? "bounced" : destinationOf(attempt, at, this.#question);
      this.#tell(message, { went, recipient, relay, said, at });
    } else {
      message.lastDeferral = said;
    }
  }

  /** A message whose end the log did not tell. */
  #settle(message: OpenMessage): void {
    const { queue, listedAt } = this.#question;
    const waits = queue.get(message.id);
    const { at, isTaken, isBroken, isDiscarded, messageId, lastDeferral } = message;
    // A client that left before the end of its message keeps it.
    const wasNeverTaken = !isTaken && (messageId === undefined || isBroken);
    if (waits !== undefined) {
      this.#end(message, { went: waits.queue, said: lastDeferral, at });
    } else if (!isTaken && isDiscarded) {
      this.#end(message, { went: "discarded", at });
    } else if (wasNeverTaken || at >= listedAt) {
      this.#forget(message);
    } else {
      this.#end(message, { went: "unknown", said: "neither removed nor in the queue", at });
    }
  }

  #add(id: string, at: number): OpenMessage {
    if (this.#open.size >= mostOpen) {
      throw new Failure("task-failed", `more than ${mostOpen} messages have no end in the mail log`, {
        next: "Ask for a shorter time (`since`), or look at the log by hand.",
      });
    }
    // Written out: an object that is put together from others takes several times the room.
    const message: OpenMessage = {
      id,
      at,
      isWhole: false,
      sender: undefined,
      messageId: undefined,
      isTaken: false,
      isBroken: false,
      isDiscarded: false,
      isProbe: false,
      recipients: 0,
      settled: 0,
      lastDeferral: undefined,
      ways: undefined,
      went: undefined,
    };
    this.#open.set(id, message);
    return message;
  }

  #tell(message: OpenMessage, way: Way): void {
    message.went ??= [];
    message.ways ??= [];
    if (!message.went.includes(way.went)) message.went.push(way.went);
    if (message.ways.length < mostNamed) message.ways.push(way);
  }

  #end(message: OpenMessage, ...last: readonly Way[]): void {
    this.#forget(message);
    if (message.isProbe) return;
    for (const way of last) this.#tell(message, way);
    this.#messages += 1;
    for (const went of message.went ?? []) this.#went.set(went, (this.#went.get(went) ?? 0) + 1);
    const { id, at, sender, messageId, ways = [] } = message;
    this.#question.onMessage({ id, at, sender, messageId, ways } satisfies AccountedMessage);
  }

  #forget({ id }: OpenMessage): void {
    this.#open.delete(id);
    if (this.#question.queue.has(id)) this.#leftQueue.add(id);
  }
}

/**
 * Nothing was tried any more in the time that is asked for. A queue manager that starts anew while a message is being
 * delivered looks at it again a minute later, says so, and only removes it (qmgr_active.c).
 */
function wasSettledBefore({ isWhole, settled, lastDeferral }: OpenMessage): boolean {
  return !isWhole && settled === 0 && lastDeferral === undefined;
}

/** A message leaves the queue when every recipient has a way; the log should have told of each. */
function missingWays({ recipients, settled, isWhole }: OpenMessage, at: number): Way[] {
  const missing = isWhole ? recipients - settled : Number(settled === 0);
  if (missing <= 0) return [];
  return [{ went: "unknown", said: `no word of ${missing} of its recipients`, at }];
}
