/** How one try to hand over a mail ended. `unknown`: the connection was lost after the final dot, before its reply. */
export type AttemptState = "accepted" | "refused" | "deferred" | "unknown";

/** One line of the sender's log. `id` is the Message-ID with its angle brackets. */
export type SenderEvent =
  | { readonly at: string; readonly event: "started"; readonly run: string; readonly mode: string }
  | {
      readonly at: string;
      readonly event: "queued";
      readonly id: string;
      /** The address on the envelope. */
      readonly to: string;
      /** The mailboxes it ends in: more than one behind an alias that fans out. */
      readonly finals: readonly string[];
    }
  /** All but the final dot is sent; from here on until the attempt's line its outcome is unknown. */
  | { readonly at: string; readonly event: "dot"; readonly id: string; readonly attempt: number }
  | {
      readonly at: string;
      readonly event: "attempt";
      readonly id: string;
      readonly attempt: number;
      readonly state: AttemptState;
      /** `address:port` of the server, or "dns" when no server was found. */
      readonly server: string;
      /** The step of the dialogue that decided: connect, greeting, ehlo, mail, rcpt, data, dot, dns. */
      readonly step: string;
      readonly reply: string;
      readonly durationMs: number;
    }
  | { readonly at: string; readonly event: "stopping"; readonly waiting: number }
  | ({ readonly at: string; readonly event: "summary" } & SenderTally);

/** What the sender has to tell at any time, in mails. */
export interface SenderTally {
  readonly queued: number;
  readonly accepted: number;
  readonly refused: number;
  /** Given up at the end with an attempt of unknown outcome. */
  readonly unknown: number;
  /** In the sender's queue: never accepted, so nothing that can be lost. */
  readonly waiting: number;
  /** Attempts that ended with a temporary failure. */
  readonly deferrals: number;
}
