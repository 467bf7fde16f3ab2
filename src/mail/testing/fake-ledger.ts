import type { FolderEvidence } from "../folder-evidence.ts";
import type { LedgerFile, LedgerFolder, LedgerHead, LedgerMessage } from "../ledger.ts";
import { endLine, fileLine, folderLines, headLine } from "../ledger-lines.ts";

/** A message, and what a test wants it to be. */
export function ledgerMessage(base: string, words: Partial<LedgerMessage> = {}): LedgerMessage {
  return { base, size: 1, flags: "", keywords: "", uid: undefined, hash: undefined, ...words };
}

/** What a host would say of a folder, so that it is read as this one. */
export function evidenceOf(folder: LedgerFolder): FolderEvidence {
  const { maildir, directory, uidValidity, nextUid, messages } = folder;
  const keywords = [...new Set(messages.flatMap((message) => wordsOf(message)))];
  const uids = messages.filter(({ uid }) => uid !== undefined).map(({ uid, base }) => `${uid} :${base}`);
  const head = uidValidity === undefined ? "3" : `3 V${uidValidity} N${nextUid ?? 1}`;
  const hasList = uidValidity !== undefined || uids.length > 0;
  const parts = folder.subscriptions.map((words) => words.join("\t"));
  const records = messages.map((message) => {
    const letters = wordsOf(message).map((word) => String.fromCharCode(97 + keywords.indexOf(word)));
    const path = `cur/${message.base}:2,${message.flags}${letters.join("")}`;
    const hash = message.hash === undefined ? "" : `${path}//#${message.hash}\0`;
    return `${hash}${path}//${message.size}\0`;
  });
  return {
    maildir,
    directory,
    uidlist: bytes(hasList ? `${[head, ...uids].join("\n")}\n` : ""),
    keywords: bytes(keywords.map((word, position) => `${position} ${word}\n`).join("")),
    subscriptions: bytes(parts.length === 0 ? "" : `V\t2\n\n${parts.join("\n")}\n`),
    messages: bytes(records.join("")),
    count: messages.length,
  };
}

/** A whole ledger as it lies on the disk. */
export function ledgerBytes(
  head: Partial<LedgerHead>,
  folders: readonly LedgerFolder[],
  files: readonly LedgerFile[] = [],
): Buffer {
  const known = { host: "mail-old", root: "/var/vmail", hash: "none", takenAt: "2024-01-01" } as const;
  const counts = { mailboxes: folders.length, folders: folders.length, messages: 1, bytes: 1, otherFiles: 0 };
  const pieces = [
    headLine({ ...known, ...head }),
    ...folders.flatMap((folder) => folderLines(evidenceOf(folder))),
    ...files.map(fileLine),
    endLine({ ...counts, owners: {}, layouts: {} }),
  ];
  return Buffer.concat(pieces.map((piece) => (typeof piece === "string" ? bytes(piece) : piece)));
}

function wordsOf({ keywords }: LedgerMessage): string[] {
  return keywords.split(" ").filter((word) => word !== "");
}

function bytes(text: string): Buffer {
  return Buffer.from(text, "latin1");
}
