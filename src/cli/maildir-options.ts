/** Which messages the ledgers are to hold a hash of. */
export type HashedMessages = "none" | "new" | "all";

/** The options of `run` that set variables of the role maildir. */
export interface MaildirOptions {
  readonly hash?: HashedMessages | undefined;
  readonly full?: boolean | undefined;
}

/** One of them that was given. */
export interface MaildirWord {
  readonly option: string;
  readonly variable: string;
  readonly value: string;
  /** What it says of the role, for people. */
  readonly says: string;
  /** Who takes the same without the role. */
  readonly instead: string;
}

/** The given ones. */
export function maildirWords({ hash, full = false }: MaildirOptions): MaildirWord[] {
  const words: MaildirWord[] = [];
  if (hash !== undefined) {
    const says = "what the role maildir hashes";
    const instead = "a task `mail_ledger` of your own takes `hash`";
    words.push({ option: "--hash", variable: "maildir_hash", value: hash, says, instead });
  }
  if (full) {
    const says = "that the role maildir compares all of both trees";
    const instead = "a task `rsync_pull` of your own takes `full`";
    words.push({ option: "--full", variable: "maildir_full", value: "true", says, instead });
  }
  return words;
}

/** The given ones as words of `-e`. */
export function maildirVariables(options: MaildirOptions): string[] {
  return maildirWords(options).map(({ variable, value }) => `${variable}=${value}`);
}
