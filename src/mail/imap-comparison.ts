import { type ByteText, readable } from "./byte-text.ts";
import type { ImapFolder, ImapView, MessageIdentity } from "./imap-dialogue.ts";
import { type ImapNamespace, imapName } from "./imap-name.ts";
import type { LedgerFolder, LedgerMessage } from "./ledger.ts";
import { folderName, folderParts } from "./maildir-folder.ts";
import { type Difference, noCounts, type ProofCounts, type ProofException } from "./proof.ts";

/**
 * Compares what old's ledger says of a mailbox with what IMAP shows of it on new. `view.folders` stand in the order of
 * `folders`. Messages match by their UIDs, because that is what clients know them by. With `exact` each has to be the same
 * by its GUID and size too, and folders that only new has are told: where files can't be compared, this is the proof. With
 * `expectUids` each folder of old is told whose UIDs its ledger does not tell.
 */
export function compareWithImap(
  user: string,
  folders: readonly LedgerFolder[],
  view: ImapView,
  namespace: ImapNamespace,
  onException: (exception: ProofException) => void,
  { exact = false, expectUids = false }: { readonly exact?: boolean; readonly expectUids?: boolean } = {},
): ProofCounts {
  const counts = noCounts();
  folders.forEach((folder, index) => {
    const name = readable(folderName(folder.directory));
    const except: Except = (difference, what, old, current, times = 1) => {
      counts[difference] += times;
      onException({ difference, mailbox: user, folder: name, name: what, old, new: current });
    };
    compareSubscriptions(folder, view, namespace, except);
    if (expectUids && folder.hidesUids === true) except("uids-unknown", name);
    const shown = view.folders[index];
    if (shown === undefined) {
      except("folder-missing", name);
      for (const { base } of folder.messages) except("missing", readable(base));
    } else if (folder.uidValidity !== undefined && folder.uidValidity !== shown.uidValidity) {
      except("uidvalidity-differs", name, String(folder.uidValidity), String(shown.uidValidity ?? "none"));
      compareNumbers(folder.messages.length, shown.exists, except);
    } else if (exact) compareExactly(folder, shown, counts, except);
    else compareFolder(folder, shown, counts, except);
  });
  if (!exact) return counts;
  const expected = new Set(imapNames(folders, namespace));
  for (const [name, messages] of view.messages) {
    if (expected.has(name) || messages === 0) continue;
    counts["folder-extra"] += 1;
    counts.extra += messages;
    const told = { folder: readable(name), name: readable(name), old: "none", new: `${messages} messages` };
    onException({ difference: "folder-extra", mailbox: user, ...told });
  }
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
    compareFlags(message, flags, except);
  }
  counts["on-both"] += matched;
  compareNextUid(folder, shown, except);
  compareNumbers(folder.messages.length - known.length, shown.exists - matched, except, counts);
}

/** Message by message, both ways. One that had no UID yet got one on new: its GUID tells which it is. */
function compareExactly(folder: LedgerFolder, shown: ImapFolder, counts: ProofCounts, except: Except): void {
  const withoutUid = new Map<ByteText, LedgerMessage>();
  const byUid = new Map<number, LedgerMessage>();
  for (const message of folder.messages) {
    if (message.uid === undefined) withoutUid.set(guidOf(message), message);
    else byUid.set(message.uid, message);
  }
  for (const [uid, flags] of shown.flags) {
    const identity = shown.identities.get(uid) ?? { guid: "", virtualBytes: 0 };
    const message = byUid.get(uid) ?? withoutUid.get(identity.guid);
    if (message === undefined) {
      except("extra", readable(identity.guid), "none", `UID ${uid}`);
      continue;
    }
    byUid.delete(uid);
    withoutUid.delete(guidOf(message));
    counts["on-both"] += 1;
    compareFlags(message, flags, except);
    compareIdentity(message, identity, except);
  }
  for (const message of [...byUid.values(), ...withoutUid.values()]) {
    except("missing", readable(message.base), `UID ${message.uid ?? "none"}`);
  }
  compareNextUid(folder, shown, except);
}

/** A line end is one byte in a Maildir, two in the size that IMAP counts, which most names hold as `W=`. */
function compareIdentity(
  message: LedgerMessage,
  { guid, virtualBytes }: MessageIdentity,
  except: Except,
): void {
  const name = readable(message.base);
  if (guid !== guidOf(message)) {
    except("altered", name, `GUID ${readable(guidOf(message))}`, `GUID ${readable(guid)}`);
    return;
  }
  const said = /,W=([0-9]+)/.exec(message.base)?.[1];
  const isSame = said === undefined ? virtualBytes >= message.size : virtualBytes === Number(said);
  if (!isSame) except("altered", name, `${said ?? message.size} bytes`, `${virtualBytes} bytes`);
}

function guidOf({ base, guid = base }: LedgerMessage): ByteText {
  return guid;
}

function compareFlags(message: LedgerMessage, flags: ByteText, except: Except): void {
  const [before, after] = [flagsOfMessage(message), flagsOfImap(flags)];
  if (before !== after) except("flags-differ", readable(message.base), before, after);
}

function compareNextUid({ nextUid }: LedgerFolder, { uidNext }: ImapFolder, except: Except): void {
  if (nextUid === undefined || uidNext === undefined || uidNext >= nextUid) return;
  except("uid-differs", "UIDNEXT", String(nextUid), String(uidNext));
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
