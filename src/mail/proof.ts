/** What can differ between the old and the new host. */
export type Difference =
  | "missing"
  | "extra"
  | "altered"
  | "flags-differ"
  | "uid-differs"
  | "uidvalidity-differs"
  | "folder-missing"
  | "folder-extra"
  | "subscription-missing"
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
    "folder-missing": 0,
    "folder-extra": 0,
    "subscription-missing": 0,
    "file-missing": 0,
    "file-extra": 0,
    "file-differs": 0,
  };
}
