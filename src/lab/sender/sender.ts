import { createRandom, type Random } from "../seeder/random.ts";
import type { SenderTally } from "./events.ts";
import { createHandOver, type HandOver } from "./hand-over.ts";
import type { SenderLog } from "./log.ts";
import { composeMail, messageId, senderAddress, senderHelo } from "./mail.ts";
import { completeOptions, type FullSenderOptions, type SenderOptions } from "./options.ts";
import { createRetryQueue, type QueuedMail } from "./retry-queue.ts";

/** Sends mail as an MTA does: a queue, retries with growing waits, no giving up before it was told to stop. */
export class Sender {
  /** Resolves at the very end, when no connection is open any more. */
  readonly finished: Promise<SenderTally>;
  readonly #options: FullSenderOptions;
  readonly #log: SenderLog;
  readonly #random: Random;
  readonly #handOver: HandOver;
  readonly #cut = new AbortController();
  readonly #queue = createRetryQueue();
  /** Unfinished mails that had an attempt of unknown outcome. */
  readonly #doubtful = new Set<string>();
  readonly #counts = { queued: 0, accepted: 0, refused: 0, deferrals: 0 };
  readonly #startedAt = Date.now();
  #finish: (tally: SenderTally) => void = () => {};
  #active = 0;
  #made = 0;
  #stopping = false;
  #timer: NodeJS.Timeout | undefined;
  #deadline: NodeJS.Timeout | undefined;

  /** Starts at once. */
  constructor(options: SenderOptions, log: SenderLog) {
    this.#options = completeOptions(options);
    this.#log = log;
    this.#random = createRandom("sender", this.#options.run, this.#options.seed);
    this.#handOver = createHandOver(this.#options, senderHelo, this.#cut.signal);
    this.finished = new Promise((resolve) => {
      this.#finish = resolve;
    });
    log.write({ at: now(), event: "started", run: this.#options.run, mode: this.#options.route.mode });
    this.#turn();
  }

  tally(): SenderTally {
    const unfinished = this.#counts.queued - this.#counts.accepted - this.#counts.refused;
    const unknown = this.#doubtful.size;
    return { ...this.#counts, unknown, waiting: unfinished - unknown };
  }

  /** Makes no new mails; goes on with the queue until it is empty or the drain time is over. */
  stop(): void {
    if (this.#stopping) return;
    this.#beginToStop();
    this.#turn();
  }

  /** Gives up the queue and cuts the connections. */
  abandon(): void {
    this.#stopping = true;
    this.#cut.abort();
    this.#turn();
  }

  #beginToStop(): void {
    this.#stopping = true;
    this.#log.write({ at: now(), event: "stopping", waiting: this.#queue.size + this.#active });
    this.#queue.hasten(Date.now());
    this.#deadline = setTimeout(() => this.abandon(), this.#options.drainMs);
  }

  /** Does all that is due now, and arranges to be called when something is due again. */
  #turn(): void {
    clearTimeout(this.#timer);
    const time = Date.now();
    if (!this.#stopping) this.#makeDueMails(time);
    while (this.#active < this.#options.connections && !this.#cut.signal.aborted) {
      const mail = this.#queue.takeDue(time);
      if (mail === undefined) break;
      this.#active += 1;
      void this.#attempt(mail);
    }
    const idle = this.#queue.size === 0 || this.#cut.signal.aborted;
    if (this.#stopping && this.#active === 0 && idle) this.#end();
    else this.#sleep(time);
  }

  #sleep(time: number): void {
    const full = this.#active >= this.#options.connections;
    // With all connections busy the next attempt that ends takes the turn.
    const dueAt = Math.min(
      full ? Number.POSITIVE_INFINITY : (this.#queue.nextDueAt ?? Number.POSITIVE_INFINITY),
      this.#stopping ? Number.POSITIVE_INFINITY : this.#nextMailAt(),
    );
    if (dueAt === Number.POSITIVE_INFINITY || this.#cut.signal.aborted) return;
    this.#timer = setTimeout(() => this.#turn(), Math.max(dueAt - time, 1));
  }

  #nextMailAt(): number {
    return this.#startedAt + (this.#made * 1000) / this.#options.rate;
  }

  #makeDueMails(time: number): void {
    const { run, recipients, longestQueue, count } = this.#options;
    for (; this.#nextMailAt() <= time; this.#made += 1) {
      if (this.#made === count) {
        this.#beginToStop();
        return;
      }
      // A mail that finds the queue full is never written: the rate drops, nothing else happens.
      if (this.#queue.size >= longestQueue) continue;
      const { address, finals } = this.#random.pick(recipients);
      const id = messageId(run, this.#made);
      this.#log.write({ at: now(), event: "queued", id, to: address, finals });
      this.#counts.queued += 1;
      this.#queue.add({ id, to: address, madeAt: time, attempts: 0, dueAt: time });
    }
  }

  async #attempt(mail: QueuedMail): Promise<void> {
    const { id, to } = mail;
    const attempt = mail.attempts + 1;
    const startedAt = Date.now();
    const content = composeMail({ id, to, date: new Date(mail.madeAt) });
    const onDot = () => this.#log.write({ at: now(), event: "dot", id, attempt });
    const outcome = await this.#handOver({ from: senderAddress, to, content }, onDot);
    const durationMs = Date.now() - startedAt;
    this.#log.write({ at: now(), event: "attempt", id, attempt, ...outcome, durationMs });
    this.#active -= 1;
    if (outcome.state === "accepted" || outcome.state === "refused") {
      this.#counts[outcome.state] += 1;
      this.#doubtful.delete(id);
    } else {
      if (outcome.state === "unknown") this.#doubtful.add(id);
      else this.#counts.deferrals += 1;
      this.#queue.add({ ...mail, attempts: attempt, dueAt: Date.now() + this.#waitAfter(attempt) });
    }
    this.#turn();
  }

  #waitAfter(attempt: number): number {
    const { retryDelaysMs, drainRetryMs } = this.#options;
    const delay = retryDelaysMs[Math.min(attempt, retryDelaysMs.length) - 1] ?? drainRetryMs;
    return this.#stopping ? Math.min(delay, drainRetryMs) : delay;
  }

  #end(): void {
    clearTimeout(this.#deadline);
    const tally = this.tally();
    this.#log.write({ at: now(), event: "summary", ...tally });
    this.#finish(tally);
  }
}

function now(): string {
  return new Date().toISOString();
}
