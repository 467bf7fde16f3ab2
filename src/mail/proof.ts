import type { Explanation } from "./extra-messages.ts";

/** What can differ between the old and the new host. */
export type Difference =
  | "missing"
  | "extra"
  | "altered"
  | "flags-differ"
  | "uid-differs"
  | "uidvalidity-differs"
  /** Old's own files tell no UIDs of a folder that somebody opened: what clients know there can't be compared. */
  | "uids-unknown"
  | "folder-missing"
  | "folder-extra"
  | "subscription-missing"
  /** What limits a user is not the same, by IMAP; or new has more than it lets them have. */
  | "quota-differs"
  | "file-missing"
  | "file-extra"
  | "file-differs";

/** One thing that differs, as people and programs read it. */
export interface ProofException {
  readonly difference: Difference;
  readonly mailbox: string;
  readonly folder?: string;
  /** The unique base name of a message, a folder's name, or a path. */
  readonly name: string;
  readonly old?: string | undefined;
  readonly new?: string | undefined;
  /** Of an extra message, where it was looked at: why it is there. */
  readonly explained?: Explanation | undefined;
  /** When it came in: ISO 8601. */
  readonly at?: string | undefined;
  readonly messageId?: string | undefined;
}

/** How one mailbox, or all of them, compare. */
export type ProofCounts = Record<Difference | "on-both", number>;

/** Counts to begin with. */
export function noCounts(): ProofCounts {
  return {
    "on-both": 0,
    missing: 0,
    extra: 0,
    altered: 0,
    "flags-differ": 0,
    "uid-differs": 0,
    "uidvalidity-differs": 0,
    "uids-unknown": 0,
    "folder-missing": 0,
    "folder-extra": 0,
    "subscription-missing": 0,
    "quota-differs": 0,
    "file-missing": 0,
    "file-extra": 0,
    "file-differs": 0,
  };
}

/** What a proof lets pass. */
export interface ProofRules {
  /** Flags, UIDs, UIDVALIDITY, folders, subscriptions and the other files must agree, and nothing may be extra. */
  readonly strict: boolean;
  /** Messages that are on new alone are fine: mail that arrived since. */
  readonly allowExtra: boolean;
  /** Messages that are on old alone are told, but fine: their owners delete mail. */
  readonly allowMissing: boolean;
  /** Old's server keeps UIDs beside the messages: folders where it did not are told. */
  readonly expectUids?: boolean | undefined;
}

/** The differences that make a proof fail. */
export function failingDifferences({
  strict,
  allowExtra,
  allowMissing,
}: ProofRules): ReadonlySet<Difference> {
  const failing: Difference[] = ["altered"];
  if (!allowMissing) failing.push("missing");
  if (strict) {
    failing.push("flags-differ", "uid-differs", "uidvalidity-differs", "subscription-missing");
    failing.push("file-missing", "file-differs");
    if (!allowMissing) failing.push("folder-missing");
    if (!allowExtra) failing.push("extra");
  }
  return new Set(failing);
}

/** One line about an exception, for people. */
export function exceptionLine({ difference, mailbox, folder, name, ...values }: ProofException): string {
  const place = folder === undefined || folder === name ? [mailbox, name] : [mailbox, folder, name];
  const sides =
    values.old === undefined ? "" : ` (old: ${values.old || "none"}, new: ${values.new || "none"})`;
  return `${difference}: ${[...new Set(place)].join(" ")}${sides}${explanation(values)}`;
}

function explanation({ explained, at, messageId }: Partial<ProofException>): string {
  if (explained === undefined) return "";
  const said = { arrived: "arrived since", saved: "saved there since", unexplained: "not explained" }[
    explained
  ];
  return ` (${[said, at, messageId].filter((word) => word !== undefined).join(", ")})`;
}
