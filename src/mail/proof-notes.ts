import type { LedgerHead } from "./ledger.ts";

/** What a proof did not compare, for people. It decides nothing: no difference was found there. */
export interface Uncompared {
  readonly old: LedgerHead;
  readonly current: LedgerHead;
  /** How many folders of old tell no UIDs, though somebody opened them. */
  readonly unknownUids: number;
  /** How many other files on both hosts are too long to be hashed. */
  readonly longFiles: number;
  /** How many messages on both hosts have a hash in one ledger at most, though both are hashed. */
  readonly unhashed: number;
}

/** One sentence or more for each, with the way out. */
export function proofNotes({ old, current, unknownUids, longFiles, unhashed }: Uncompared): string[] {
  const notes = [
    hashNote(old, current),
    unhashedNote(unhashed),
    unknownUidsNote(unknownUids),
    longFilesNote(longFiles),
  ];
  return notes.filter((note) => note !== undefined);
}

/** Nobody may have a client that keeps UIDs: no message is lost. undefined where no folder is so. */
export function unknownUidsNote(folders: number): string | undefined {
  if (folders === 0) return undefined;
  return `${folders} folders of old have opened messages and no UIDVALIDITY (uids-unknown): their UIDs are not proven, and clients may load them again. Does old's Dovecot keep dovecot-uidlist elsewhere (CONTROL=, mail_control_path)? Where another server opened them once, nothing is amiss.`;
}

function hashNote(old: LedgerHead, current: LedgerHead): string | undefined {
  if (old.hash === current.hash) return undefined;
  const uncompared = "what is in the messages was not compared, but for their sizes";
  if (old.hash === "none") {
    return `${current.host} is hashed (${current.hash}), and the ledger of ${old.host} of ${old.takenAt} is not: ${uncompared}. verify compares it by itself, unless maildir_contents is false. For the proof in the downtime, give --hash at hot-copy and cutover.`;
  }
  if (current.hash === "none") {
    return `The ledger of ${old.host} is hashed (${old.hash}), and ${current.host} is not: ${uncompared}. With --hash all it is.`;
  }
  return `${old.host} is hashed by ${old.hash}, and ${current.host} by ${current.hash}: ${uncompared}. Name the same hash for both (maildir_hash_with).`;
}

/** One that was renamed between its listing and its hashing has none: its flags changed, or somebody opened it. */
function unhashedNote(messages: number): string | undefined {
  if (messages === 0) return undefined;
  return `${messages} messages on both hosts have no hash in one of the ledgers, as they were renamed while it was taken: they were compared by size alone. Ledgers that are hashed anew (maildir_hash: all, or --full with verify) have most of them.`;
}

function longFilesNote(files: number): string | undefined {
  if (files === 0) return undefined;
  return `${files} files beside the messages are of 10 MB or more and were compared by size alone.`;
}
