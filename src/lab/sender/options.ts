import type { Family } from "./route.ts";

/** An address that mail is sent to, with the mailboxes it ends in. */
export interface Recipient {
  readonly address: string;
  readonly finals: readonly string[];
}

/** `mx` follows the DNS as its TTLs allow; `pinned` keeps to one address, as a stale cache does. */
export type SenderRoute =
  | {
      readonly mode: "mx";
      readonly nameServer: string;
      readonly nameServerPort?: number | undefined;
      /** Answers are never kept longer, whatever their TTL. */
      readonly maxTtlSeconds?: number | undefined;
      readonly family: Family;
    }
  | { readonly mode: "pinned"; readonly address: string };

/** How a sender works. The defaults of the optional parts stand in `senderDefaults`. */
export interface SenderOptions {
  /** Part of every Message-ID: two senders with different names never share one. Letters, digits and dashes. */
  readonly run: string;
  readonly route: SenderRoute;
  readonly recipients: readonly Recipient[];
  readonly port?: number | undefined;
  /** Mails per second. */
  readonly rate?: number | undefined;
  /** Stops by itself after so many mails; endless otherwise. */
  readonly count?: number | undefined;
  readonly seed?: number | undefined;
  /** Connections at the same time. */
  readonly connections?: number | undefined;
  /** Mails in the queue at which no new ones are made until it is shorter. */
  readonly longestQueue?: number | undefined;
  /** Waits before the second, third, … attempt; the last one repeats. */
  readonly retryDelaysMs?: readonly number[] | undefined;
  /** How long after the stop the queue may take to become empty. */
  readonly drainMs?: number | undefined;
  /** The longest wait before an attempt once the sender was told to stop, as after `postqueue -f`. */
  readonly drainRetryMs?: number | undefined;
  readonly connectTimeoutMs?: number | undefined;
  /** For each reply but the one after the final dot. */
  readonly replyTimeoutMs?: number | undefined;
  readonly dotTimeoutMs?: number | undefined;
}

/** Every part that `SenderOptions` leaves open, but `count`. */
export const senderDefaults = {
  port: 25,
  rate: 20,
  seed: 1,
  connections: 10,
  longestQueue: 50_000,
  retryDelaysMs: [5_000, 10_000, 20_000, 30_000] as readonly number[],
  drainMs: 120_000,
  drainRetryMs: 2_000,
  connectTimeoutMs: 10_000,
  replyTimeoutMs: 30_000,
  dotTimeoutMs: 60_000,
};

/** Options with nothing left open but `count`. */
export type FullSenderOptions = Pick<SenderOptions, "run" | "route" | "recipients" | "count"> &
  typeof senderDefaults;

/** Fills in the defaults. Throws when the options can't work. */
export function completeOptions(options: SenderOptions): FullSenderOptions {
  if (!/^[A-Za-z0-9-]+$/.test(options.run)) throw new Error(`a sender can't be named "${options.run}"`);
  if (options.rate !== undefined && !(options.rate > 0)) throw new Error("the sender's rate must be above 0");
  if (options.recipients.length === 0) throw new Error("the sender has no recipients");
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return {
    ...senderDefaults,
    ...(Object.fromEntries(given) as unknown as SenderOptions),
  } as FullSenderOptions;
}
