/** One mail waiting for its next attempt. The content is made again for each attempt, so that waiting costs little memory. */
export interface QueuedMail {
  readonly id: string;
  readonly to: string;
  /** Milliseconds since 1970; becomes the Date header. */
  readonly madeAt: number;
  readonly attempts: number;
  /** Milliseconds since 1970. */
  readonly dueAt: number;
}

/** Mails ordered by when they are due; equal times keep their order. */
export interface RetryQueue {
  readonly size: number;
  /** undefined when the queue is empty. */
  readonly nextDueAt: number | undefined;
  add(mail: QueuedMail): void;
  /** Takes the first mail that is due at `now`. */
  takeDue(now: number): QueuedMail | undefined;
  /** Makes everything due at `time` at the latest, in the present order. */
  hasten(time: number): void;
}

/** Makes an empty queue. */
export function createRetryQueue(): RetryQueue {
  let mails: QueuedMail[] = [];
  return {
    get size() {
      return mails.length;
    },
    get nextDueAt() {
      return mails[0]?.dueAt;
    },
    add: (mail) => {
      mails.splice(placeFor(mails, mail.dueAt), 0, mail);
    },
    takeDue: (now) => {
      const first = mails[0];
      return first !== undefined && first.dueAt <= now ? mails.shift() : undefined;
    },
    hasten: (time) => {
      mails = mails.map((mail) => (mail.dueAt > time ? { ...mail, dueAt: time } : mail));
    },
  };
}

function placeFor(mails: readonly QueuedMail[], dueAt: number): number {
  let low = 0;
  let high = mails.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((mails[middle]?.dueAt ?? 0) <= dueAt) low = middle + 1;
    else high = middle;
  }
  return low;
}
