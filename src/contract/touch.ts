/**
 * Something on the host of which a change leaves nothing, or nothing to be seen, as it was. The engine asks the latches
 * before the change, as far as it may be mail. Making a directory and changing owner or mode touch nothing.
 */
export type Touch =
  | {
      readonly path: string;
      /** `write`: a file is put there, over what may be there. `remove`: it goes, with all below. `cover`: something is mounted on it, or taken away from it. */
      readonly how: "write" | "remove" | "cover";
    }
  | {
      /** What deletes mail wherever that lies, for instance `doveadm expunge`. */
      readonly deletion: string;
    };
