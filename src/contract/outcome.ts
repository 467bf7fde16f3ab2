import type { TextDiff } from "./change.ts";
import type { Failure } from "./errors.ts";
import type { JsonObject } from "./json.ts";

/** How one task ended on one host. */
export type Outcome =
  | { readonly status: "ok"; readonly result: JsonObject; readonly message?: string | undefined }
  | {
      readonly status: "changed";
      readonly result: JsonObject;
      readonly summary: string;
      readonly diff?: readonly TextDiff[] | undefined;
      /** True in check mode: it would change, it did not. */
      readonly foreseen?: boolean | undefined;
      /** True in check mode where only the real run can tell whether something changes (a command without `creates`). */
      readonly unsure?: boolean | undefined;
    }
  | { readonly status: "skipped"; readonly reason: string; readonly result: JsonObject }
  | {
      readonly status: "failed";
      readonly failure: Failure;
      readonly result: JsonObject;
      readonly ignored?: boolean | undefined;
    }
  | {
      readonly status: "unreachable";
      readonly failure: Failure;
      readonly result: JsonObject;
      readonly ignored?: boolean | undefined;
    }
  /** The link was lost while it ran: neither done nor undone is known. */
  | { readonly status: "unknown"; readonly failure: Failure; readonly result: JsonObject };

export type OutcomeStatus = Outcome["status"];

/** Counts per host, for the summary at the end. */
export type Tally = Record<OutcomeStatus, number> & { rescued: number; ignored: number };
