import { type ByteText, readable } from "./byte-text.ts";
import { isSameEvidence, readFolder } from "./folder-evidence.ts";
import { inStep, pairsInStep } from "./in-step.ts";
import { folderKey } from "./ledger.ts";
import type { LedgerReader } from "./ledger-reader.ts";
import { folderName, mailboxName } from "./maildir-folder.ts";
import { parseMaildirName } from "./maildir-name.ts";
import type { ProofException } from "./proof.ts";

/** A message that only the new host has. */
export interface ExtraMessage {
  /** As a proof's exceptions name it. */
  readonly place: string;
  /** The folder's directory below the mail root, with a slash at its end; empty for the root. */
  readonly directory: ByteText;
  readonly base: ByteText;
}

/**
 * Why a message is on new alone. `arrived`: it came in since new was opened. `saved`: its file was made since, but its date is older: a
 * user copied, moved or saved it there. `unexplained`: it was there before, or nobody can tell.
 */
export type Explanation = "arrived" | "saved" | "unexplained";

/** What was found out of an extra message. */
export interface ExplainedExtra {
  readonly explained: Explanation;
  /** When it came in, by its file's time: ISO 8601. */
  readonly at?: string | undefined;
  readonly messageId?: string | undefined;
}

/** What exceptions and explanations are matched by. */
export function placeOf({
  mailbox,
  folder = "",
  name,
}: Pick<ProofException, "mailbox" | "folder" | "name">): string {
  return `${mailbox}\0${folder}\0${name}`;
}

/** The messages of the new host's ledger that the old one's has not in the same folder. */
export async function* extraMessages(old: LedgerReader, current: LedgerReader): AsyncGenerator<ExtraMessage> {
  for await (const [before, after] of inStep(old.folders(), current.folders(), folderKey)) {
    if (after === undefined || (before !== undefined && isSameEvidence(before, after))) continue;
    const had = before === undefined ? [] : readFolder(before).messages;
    const [mailbox, folder] = [mailboxName(after.maildir), folderName(after.directory)].map(readable);
    for (const [one, other] of pairsInStep(had, readFolder(after).messages, ({ base }) => base)) {
      if (one !== undefined || other === undefined) continue;
      const place = placeOf({ mailbox: mailbox ?? "", folder: folder ?? "", name: readable(other.base) });
      yield { place, directory: folderKey(after), base: other.base };
    }
  }
}

/** Explains an extra message by the times of its file and in its name, in seconds since 1970 by the host's clock. */
export function explainExtra(
  base: ByteText,
  modifiedAt: number | undefined,
  openedAt: number | undefined,
): Explanation {
  if (openedAt === undefined || modifiedAt === undefined) return "unexplained";
  if (modifiedAt >= openedAt) return "arrived";
  // Maildir's names begin with the time at which the file was made.
  const madeAt = Number(/^[0-9]{9,11}(?=\.)/.exec(parseMaildirName(base).base)?.[0] ?? Number.NaN);
  return madeAt >= openedAt ? "saved" : "unexplained";
}
