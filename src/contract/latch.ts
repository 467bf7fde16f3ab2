/**
 * The one-way marks of a migration. `old-frozen`: old has stopped taking mail. `new-opened`: new may have taken mail.
 * `new-serving`: new was seen to answer, which ends the downtime. `new-frozen`: new has stopped taking mail, and what it
 * took goes back to old.
 */
export type LatchName = "old-frozen" | "new-opened" | "new-serving" | "new-frozen";

export const latchNames: readonly LatchName[] = ["old-frozen", "new-opened", "new-serving", "new-frozen"];

export interface LatchReader {
  /**
   * True when the latch is set in the state on the controller or on a host of the migration.
   * Throws when a host that should be asked can't be asked: unknown is never "not set".
   */
  isSet(name: LatchName): Promise<boolean>;
  /** When it was set, as ISO 8601, where known. */
  setAt(name: LatchName): Promise<string | undefined>;
  /**
   * When new was opened, for this run's domains or for those of another wave: what all domains share (a database) belongs
   * to new from then on. undefined when it never was.
   */
  anyOpenedAt(): Promise<string | undefined>;
  /** The mail roots on new, absolute paths, that other waves opened: nothing of this run may write there. */
  openedRoots(): Promise<readonly string[]>;
}

export interface Latches extends LatchReader {
  /**
   * Sets the mark on the hosts and in the state, synced to disk before it returns. `new-opened` is refused when no proof
   * of this attempt at the stage says that the mail is there; `unproven` asks for none.
   */
  set(name: LatchName, options?: { readonly unproven?: boolean | undefined }): Promise<void>;
  /**
   * Only a way back lifts one, and only in its order (`engine/way-back.ts`): anything else is Refused. `new-serving` goes
   * with `new-opened`.
   */
  lift(name: Exclude<LatchName, "new-serving">): Promise<void>;
}
