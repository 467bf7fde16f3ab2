import { type ByteText, readable } from "./byte-text.ts";
import type { ImapFolder, ImapView } from "./imap-dialogue.ts";
import { type ImapNamespace, imapName } from "./imap-name.ts";
import type { LedgerFolder, LedgerMessage } from "./ledger.ts";
import { folderName, folderParts } from "./maildir-folder.ts";
import { type Difference, noCounts, type ProofCounts, type ProofException } from "./proof.ts";

/**
 * Compares what old's ledger says of a mailbox with what IMAP shows of it on new. `view.folders` stand in the order of
 * `folders`. Messages match by their UIDs, because that is what clients know them by.
 */
export function compareWithImap(
  user: string,
  folders: readonly LedgerFolder[],
  view: ImapView,
  namespace: ImapNamespace,
  onException: (exception: ProofException) => void,
): ProofCounts {
  const counts = noCounts();
  folders.forEach((folder, index) => {
    const name = readable(folderName(folder.directory));
    const except: Except = (difference, what, old, current, times = 1) => {
      counts[difference] += times;
      onException({ difference, mailbox: user, folder: name, name: what, old, new: current });
    };
    compareSubscriptions(folder, view, namespace, except);
    const shown = view.folders[index];
    if (shown === undefined) {
      except("folder-missing", name);
      for (const { base } of folder.messages) except("missing", readable(base));
    } else if (folder.uidValidity !== undefined && folder.uidValidity !== shown.uidValidity) {
      except("uidvalidity-differs", name, String(folder.uidValidity), String(shown.uidValidity ?? "none"));
      compareNumbers(folder.messages.length, shown.exists, except);
    } else compareFolder(folder, shown, counts, except);
  });
  return counts;
}

type Except = (difference: Difference, name: string, old?: string, current?: string, times?: number) => void;

function compareSubscriptions(
  { subscriptions }: LedgerFolder,
  view: ImapView,
  namespace: ImapNamespace,
  except: Except,
): void {
  for (const parts of subscriptions) {
    const isInbox = parts.length === 1 && parts[0]?.toUpperCase() === "INBOX";
    const name = isInbox ? "INBOX" : imapName(parts, namespace);
    if (!view.subscriptions.has(name)) except("subscription-missing", readable(parts.join("/")));
  }
}

function compareFolder(folder: LedgerFolder, shown: ImapFolder, counts: ProofCounts, except: Except): void {
  const known = folder.messages.filter(({ uid }) => uid !== undefined);
  let matched = 0;
  for (const message of known) {
    const flags = shown.flags.get(message.uid ?? 0);
    if (flags === undefined) {
      except("missing", readable(message.base), `UID ${message.uid}`);
      continue;
    }
    matched += 1;
    const [before, after] = [flagsOfMessage(message), flagsOfImap(flags)];
    if (before !== after) except("flags-differ", readable(message.base), before, after);
  }
  counts["on-both"] += matched;
  if (folder.nextUid !== undefined && shown.uidNext !== undefined && shown.uidNext < folder.nextUid) {
    except("uid-differs", "UIDNEXT", String(folder.nextUid), String(shown.uidNext));
  }
  compareNumbers(folder.messages.length - known.length, shown.exists - matched, except, counts);
}

/** Messages that had no UID yet got one on new: of them only the number can be compared. */
function compareNumbers(wanted: number, found: number, except: Except, counts?: ProofCounts): void {
  if (found < wanted) except("missing", "messages", String(wanted), String(found), wanted - found);
  if (counts === undefined) return;
  counts["on-both"] += Math.min(wanted, found);
  counts.extra += Math.max(0, found - wanted);
}

const systemFlags: Readonly<Record<string, string>> = {
  D: "\\Draft",
  F: "\\Flagged",
  R: "\\Answered",
  S: "\\Seen",
  T: "\\Deleted",
};

/** `P` (passed on) and keywords without a name are no flags of IMAP. */
function flagsOfMessage({ flags, keywords }: LedgerMessage): string {
  const words = [...flags].flatMap((letter) => systemFlags[letter] ?? []);
  const named = keywords.split(" ").filter((keyword) => keyword !== "" && !keyword.startsWith("?"));
  return [...words, ...named].sort().map(readable).join(" ");
}

function flagsOfImap(flags: ByteText): string {
  const words = flags.split(" ").filter((flag) => flag !== "" && flag !== "\\Recent");
  return words.sort().map(readable).join(" ");
}

/** The names under which the folders of a mailbox are asked for. */
export function imapNames(folders: readonly LedgerFolder[], namespace: ImapNamespace): ByteText[] {
  return folders.map(({ directory }) => imapName(folderParts(directory), namespace));
}
