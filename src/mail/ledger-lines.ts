import type { ByteText } from "./byte-text.ts";
import type { FolderEvidence } from "./folder-evidence.ts";
import type { LedgerFile, LedgerHead, LedgerSummary } from "./ledger.ts";
import type { FolderPlace } from "./maildir-folder.ts";

/**
 * A ledger is a file of lines with tabs between their fields, one character a byte (latin1 in memory):
 *
 *     L  2  {"host": …, "root": …, "hash": …, "takenAt": …}
 *     F  <Maildir>  <folder's directory>  <messages>  <lengths of uidlist, keywords, subscriptions and records in bytes>
 *     O  <path>  <file, link or other>  <size>  <hash or target>   after all folders
 *     E  {"messages": …, …}
 *
 * Behind each F line come the bytes that it gives the lengths of, as `FolderEvidence` has them, and a line feed. Backslash,
 * tab, line feed and carriage return are written `\\`, `\t`, `\n`, `\r`.
 */
export type LedgerLine =
  | { readonly kind: "head"; readonly head: LedgerHead }
  | { readonly kind: "folder"; readonly folder: FolderHead }
  | { readonly kind: "file"; readonly file: LedgerFile }
  | { readonly kind: "end"; readonly summary: LedgerSummary };

/** A folder without its bytes. */
export interface FolderHead extends FolderPlace {
  readonly count: number;
  /** Of uidlist, keywords, subscriptions and messages. */
  readonly lengths: readonly [number, number, number, number];
}

export function headLine(head: LedgerHead): string {
  return `L\t2\t${asciiJson(head)}\n`;
}

/** A folder's line, and its bytes. */
export function folderLines(folder: FolderEvidence): (string | Buffer)[] {
  const parts = [folder.uidlist, folder.keywords, folder.subscriptions, folder.messages];
  const words = [folder.count, ...parts.map(({ length }) => length)].join("\t");
  return [`F\t${escaped(folder.maildir)}\t${escaped(folder.directory)}\t${words}\n`, ...parts, "\n"];
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
    case "F":
      return { kind: "folder", folder: readFolderHead(fields) };
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

function readFolderHead([, maildir = "", directory = "", ...words]: string[]): FolderHead {
  const [count = Number.NaN, uidlist = 0, keywords = 0, subscriptions = 0, messages = 0] = words.map(Number);
  if (words.length !== 5 || !words.every((word) => /^[0-9]+$/.test(word))) throw new Error("no lengths");
  return {
    maildir: unescaped(maildir),
    directory: unescaped(directory),
    count,
    lengths: [uidlist, keywords, subscriptions, messages],
  };
}

function readFile([, path = "", type, size, content = ""]: string[]): LedgerFile {
  const known = type === "file" || type === "link" ? type : "other";
  return { path: unescaped(path), type: known, size: Number(size), content: unescaped(content) };
}

function readHead([, version, head = ""]: string[]): LedgerHead {
  if (version !== "2") throw new Error(`a ledger of version ${version}; this Mailferry reads version 2`);
  return JSON.parse(head);
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
