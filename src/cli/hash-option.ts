/** Which messages the ledgers are to hold a hash of. */
export type HashedMessages = "none" | "new" | "all";

/** The variable of the role maildir that `--hash` sets. */
export const hashVariableName = "maildir_hash";

/** `--hash` as a word of `-e`. */
export function hashVariable(hash: HashedMessages | undefined): string[] {
  return hash === undefined ? [] : [`${hashVariableName}=${hash}`];
}
