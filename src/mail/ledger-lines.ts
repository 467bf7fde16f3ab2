import type { ByteText } from "./byte-text.ts";
import type { LedgerFile, LedgerFolder, LedgerHead, LedgerMessage, LedgerSummary } from "./ledger.ts";

/**
 * A ledger is a text file of lines with tabs between their fields, one character a byte (latin1 in memory):
 *
 *     L  1  {"host": …, "root": …, "hash": …, "takenAt": …}
 *     F  <Maildir>  <folder's directory>  <UIDVALIDITY>  <next UID>
 *     S  <part>  <part> …                                          a subscription of the Maildir above
 *     M  <base name>  <size>  <flags>  <keywords>  <UID>  <hash>   a message of the folder above
 *     O  <path>  <file, link or other>  <size>  <hash or target>   after all folders
 *     E  {"messages": …, …}
 *
 * Backslash, tab, line feed and carriage return are written `\\`, `\t`, `\n`, `\r`. What is not known is empty.
 */
export type LedgerLine =
  | { readonly kind: "head"; readonly head: LedgerHead }
  | { readonly kind: "folder"; readonly folder: Omit<LedgerFolder, "messages" | "subscriptions"> }
  | { readonly kind: "subscription"; readonly parts: readonly ByteText[] }
  | { readonly kind: "message"; readonly message: LedgerMessage }
  | { readonly kind: "file"; readonly file: LedgerFile }
  | { readonly kind: "end"; readonly summary: LedgerSummary };

export function headLine(head: LedgerHead): string {
  return `L\t1\t${asciiJson(head)}\n`;
}

/** A folder, its subscriptions and its messages. */
export function folderLines(folder: LedgerFolder): string {
  const { maildir, directory, uidValidity, nextUid } = folder;
  const head = `F\t${escaped(maildir)}\t${escaped(directory)}\t${uidValidity ?? ""}\t${nextUid ?? ""}\n`;
  const subscriptions = folder.subscriptions.map((parts) => `S\t${parts.map(escaped).join("\t")}\n`);
  return head + subscriptions.join("") + folder.messages.map(messageLine).join("");
}

export function fileLine({ path, type, size, content }: LedgerFile): string {
  return `O\t${escaped(path)}\t${type}\t${size}\t${escaped(content)}\n`;
}

export function endLine(summary: LedgerSummary): string {
  return `E\t${asciiJson(summary)}\n`;
}

/** Reads one line, without its line feed. Throws for a line that no ledger holds. */
export function parseLedgerLine(line: string): LedgerLine {
  const fields = line.split("\t");
  switch (fields[0]) {
    case "M":
      return { kind: "message", message: readMessage(fields) };
    case "F":
      return { kind: "folder", folder: readFolder(fields) };
    case "S":
      return { kind: "subscription", parts: fields.slice(1).map(unescaped) };
    case "O":
      return { kind: "file", file: readFile(fields) };
    case "L":
      return { kind: "head", head: readHead(fields) };
    case "E":
      return { kind: "end", summary: JSON.parse(fields[1] ?? "") };
    default:
      throw new Error(`no line of a ledger: ${line.slice(0, 80)}`);
  }
}

function messageLine({ base, size, flags, keywords, uid, hash }: LedgerMessage): string {
  return `M\t${escaped(base)}\t${size}\t${flags}\t${escaped(keywords)}\t${uid ?? ""}\t${hash ?? ""}\n`;
}

function readMessage([, base = "", size, flags = "", keywords = "", uid, hash]: string[]): LedgerMessage {
  return {
    base: unescaped(base),
    size: Number(size),
    flags,
    keywords: unescaped(keywords),
    uid: optionalNumber(uid),
    hash: hash === "" ? undefined : hash,
  };
}

function readFolder([, maildir = "", directory = "", uidValidity, nextUid]: string[]) {
  return {
    maildir: unescaped(maildir),
    directory: unescaped(directory),
    uidValidity: optionalNumber(uidValidity),
    nextUid: optionalNumber(nextUid),
  };
}

function readFile([, path = "", type, size, content = ""]: string[]): LedgerFile {
  const known = type === "file" || type === "link" ? type : "other";
  return { path: unescaped(path), type: known, size: Number(size), content: unescaped(content) };
}

function readHead([, version, head = ""]: string[]): LedgerHead {
  if (version !== "1") throw new Error(`a ledger of version ${version}; this Mailferry reads version 1`);
  return JSON.parse(head);
}

function optionalNumber(text: string | undefined): number | undefined {
  return text === undefined || text === "" ? undefined : Number(text);
}

/** JSON in ASCII alone, because the file is bytes. */
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function escaped(text: ByteText): string {
  return /[\\\t\n\r]/.test(text) ? text.replaceAll(/[\\\t\n\r]/g, (found) => escapes[found] ?? found) : text;
}

function unescaped(text: string): ByteText {
  if (!text.includes("\\")) return text;
  return text.replaceAll(/\\([\\tnr])/g, (_all, code: string) => unescapes[code] ?? code);
}

const escapes: Readonly<Record<string, string>> = { "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r" };
const unescapes: Readonly<Record<string, string>> = { "\\": "\\", t: "\t", n: "\n", r: "\r" };
