import { createHash } from "node:crypto";
import { closeSync, openSync, readFileSync, renameSync, statSync, writeFileSync, writeSync } from "node:fs";
import type { MailboxObject } from "imapflow";
import type { LookContext } from "../../contract/module.ts";
import {
  begunLine,
  type CopyNote,
  copiedLine,
  type NoteHead,
  noteHeadLine,
  readNote,
  refusedLine,
} from "../../mail/imap-copy-note.ts";
import type { FolderPair } from "../../mail/imap-folder-map.ts";
import { sleep } from "../sleep.ts";
import type { Account } from "./accounts.ts";

/** Where notes are kept. */
export type NoteContext = Pick<LookContext, "runFile" | "lastRunFile" | "signal">;

/**
 * What is kept of a folder that is copied, in a file of this run: which message became which, as soon as it did. It survives the
 * end of this process at any moment. Losing it costs time, not mail: messages are then known by what they are.
 */
export class NoteFile {
  readonly #name: string;
  readonly #head: NoteHead;
  readonly #note: CopyNote;
  #lastWriteMs: number;
  #descriptor: number | undefined;
  #path = "";

  /** Reads the newest note of that folder, and that of the way there. */
  static async open(folder: NotedFolder, head: NoteHead, context: NoteContext): Promise<NoteFile> {
    const name = nameOf(folder);
    const path = await context.lastRunFile(name);
    const text = path === undefined ? "" : readFileSync(path, "utf8");
    const note = readNote(text, head);
    for (const [newUid, uid] of await copiedBack(folder, head, context)) {
      if (!note.copied.has(uid)) note.copied.set(uid, newUid);
    }
    return new NoteFile(name, head, note, path === undefined ? 0 : statSync(path).mtimeMs);
  }

  private constructor(name: string, head: NoteHead, note: CopyNote, lastWriteMs: number) {
    this.#name = name;
    this.#head = head;
    this.#note = note;
    this.#lastWriteMs = lastWriteMs;
  }

  /** New's UIDs by old's. */
  get copied(): ReadonlyMap<number, number> {
    return this.#note.copied;
  }

  /** Old's UIDs of messages that were on their way when a connection ended: nobody knows yet whether new has them. */
  get begun(): ReadonlySet<number> {
    return this.#note.begun;
  }

  /**
   * Waits until what was on its way when the last connection ended has most likely arrived, or never will: a server may have got
   * all of a message, and be about to keep it, when it is looked for.
   */
  async settle(milliseconds: number, { signal }: NoteContext): Promise<void> {
    const left = this.#lastWriteMs + milliseconds - Date.now();
    if (this.#note.begun.size > 0 && left > 0) await sleep(Math.min(left, milliseconds), signal);
  }

  /** A message is no longer where it was copied to. */
  forget(uid: number): void {
    this.#note.copied.delete(uid);
  }

  /** A message was found on new: it is kept with the next that is written. */
  found(uid: number, newUid: number): void {
    this.#note.begun.delete(uid);
    this.#note.copied.set(uid, newUid);
  }

  /** Messages are on their way, by one command. */
  async begin(uids: readonly number[], context: NoteContext): Promise<void> {
    if (this.#descriptor === undefined) await this.#start(context);
    for (const uid of uids) this.#note.begun.add(uid);
    this.#write(uids.map(begunLine));
  }

  /** Messages are on new: old's UIDs and new's. Where new does not tell its own, they are looked up the next time. */
  end(pairs: readonly (readonly [uid: number, newUid: number | undefined])[]): void {
    const lines = pairs.map(([uid, newUid]) => {
      this.#note.begun.delete(uid);
      if (newUid === undefined) return refusedLine(uid);
      this.#note.copied.set(uid, newUid);
      return copiedLine(uid, newUid);
    });
    this.#write(lines);
  }

  /** New did not take messages. */
  refuse(uids: readonly number[]): void {
    for (const uid of uids) this.#note.begun.delete(uid);
    this.#write(uids.map(refusedLine));
  }

  /** Keeps what was found without anything being copied. */
  async keep(context: NoteContext): Promise<void> {
    if (this.#descriptor === undefined) await this.#start(context);
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  /** What is known already comes first, and takes its name when it is whole. */
  async #start(context: NoteContext): Promise<void> {
    this.#path = await context.runFile(this.#name);
    if (this.#descriptor !== undefined) return;
    const known = [...this.#note.copied].map(([uid, newUid]) => copiedLine(uid, newUid));
    const open = [...this.#note.begun].map(begunLine);
    const unfinished = `${this.#path}.unfinished`;
    writeFileSync(unfinished, noteHeadLine(this.#head) + [...known, ...open].join(""), { mode: 0o600 });
    renameSync(unfinished, this.#path);
    this.#descriptor = openSync(this.#path, "a");
  }

  #write(lines: readonly string[]): void {
    if (this.#descriptor === undefined) throw new Error("a note is written before its begin");
    writeSync(this.#descriptor, lines.join(""));
    this.#lastWriteMs = Date.now();
  }
}

/** All that tells a folder from others: servers, users, paths; of each what is copied from, then what is copied to. */
type NotedFolder = readonly [
  from: string,
  to: string,
  user: string,
  newUser: string,
  path: string,
  newPath: string,
];

function nameOf(folder: NotedFolder): string {
  return `imap-copy-${createHash("sha256").update(JSON.stringify(folder)).digest("hex").slice(0, 32)}`;
}

/** What a copy the other way round noted: what came from there is there. */
async function copiedBack(
  [from, to, user, newUser, path, newPath]: NotedFolder,
  head: NoteHead,
  context: NoteContext,
): Promise<ReadonlyMap<number, number>> {
  const file = await context.lastRunFile(nameOf([to, from, newUser, user, newPath, path]));
  if (file === undefined) return new Map();
  return readNote(readFileSync(file, "utf8"), { old: head.new, new: head.old }).copied;
}

/** The note of a folder that is open on both sides; on old alone where new has none yet. */
export async function openNote(
  account: Account,
  { old, newPath }: FolderPair,
  open: { readonly old: MailboxObject; readonly current: MailboxObject | undefined },
  { between, context }: { readonly between: readonly [string, string]; readonly context: NoteContext },
): Promise<NoteFile> {
  const folder = [...between, account.old.user, account.current.user, old.path, newPath] as const;
  const head = { old: String(open.old.uidValidity), new: String(open.current?.uidValidity ?? "none") };
  return NoteFile.open(folder, head, context);
}
