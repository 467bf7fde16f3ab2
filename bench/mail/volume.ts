import { chownSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Random } from "./random.ts";

/** A mail root, and what is in it by now. */
export interface Volume {
  readonly root: string;
  readonly folders: readonly Folder[];
  /** Every message that is there; a folder's uidlist may name more. */
  readonly messages: Message[];
}

/** A Maildir or one of its folders. */
export interface Folder {
  readonly path: string;
  nextUid: number;
}

/** One message's file. */
export interface Message {
  readonly folder: Folder;
  /** Below the folder: `cur/…` or `new/…`. */
  readonly name: string;
}

export interface VolumeSize {
  readonly mailboxes: number;
  readonly messages: number;
  /** The middle one of all messages' sizes. */
  readonly medianBytes: number;
}

/** Who owns the mail; made by `inside.ts`. */
export const mailOwner = { user: "vmail", id: 5000 };

const subfolders = ["", ".Sent", ".Archive", ".Junk", ".Trash"];
const folderShares = [0.5, 0.7, 0.85, 0.95, 1];

/**
 * Writes mailboxes as Dovecot keeps them: five folders each, uidlists and indexes beside the messages. Some mailboxes hold
 * far more than others.
 */
export function writeVolume(root: string, size: VolumeSize, random: Random): Volume {
  mkdirSync(root, { recursive: true });
  chownSync(root, mailOwner.id, mailOwner.id);
  return asMailOwner(() => {
    const volume: Volume = { root, folders: [], messages: [] };
    const counts = mailboxCounts(size, random);
    for (const [number, count] of counts.entries()) writeMailbox(volume, number, count, size, random);
    return volume;
  });
}

/** Does something as the user of the mail. */
export function asMailOwner<T>(act: () => T): T {
  process.setegid?.(mailOwner.id);
  process.seteuid?.(mailOwner.id);
  try {
    return act();
  } finally {
    process.seteuid?.(0);
    process.setegid?.(0);
  }
}

function mailboxCounts({ mailboxes, messages }: VolumeSize, random: Random): number[] {
  const counts = new Array<number>(mailboxes).fill(0);
  for (let number = 0; number < messages; number += 1) {
    const mailbox = Math.floor(mailboxes * random.next() ** 2);
    counts[mailbox] = (counts[mailbox] ?? 0) + 1;
  }
  return counts;
}

function writeMailbox(
  volume: Volume,
  number: number,
  count: number,
  { medianBytes }: VolumeSize,
  random: Random,
): void {
  const maildir = join(volume.root, `domain${number % 20}.example`, `user${number}`, "Maildir");
  const folders = subfolders.map((name): Folder => ({ path: join(maildir, name), nextUid: 1 }));
  for (const { path } of folders) {
    for (const part of ["cur", "new", "tmp"]) mkdirSync(join(path, part), { recursive: true });
  }
  const lists = new Map(folders.map((folder) => [folder, [`3 V1600000000 N${count + 1} G${number}\n`]]));
  for (let message = 0; message < count; message += 1) {
    const share = random.next();
    const folder = folders[folderShares.findIndex((upTo) => share < upTo)] as Folder;
    const written = writeMessage(folder, "cur", messageBytes(medianBytes, random), random);
    volume.messages.push(written);
    lists.get(folder)?.push(uidLine(folder, written));
  }
  for (const [folder, lines] of lists) writeControlFiles(folder, lines.join(""));
  writeFileSync(join(maildir, "subscriptions"), "V\t2\n\nSent\nArchive\nJunk\nTrash\n");
  writeFileSync(join(maildir, "dovecot-uidvalidity"), "5f5e1000");
  writeFileSync(join(maildir, "dovecot.list.index.log"), words.subarray(0, 400));
  (volume.folders as Folder[]).push(...folders);
}

function writeControlFiles({ path }: Folder, uidlist: string): void {
  writeFileSync(join(path, "dovecot-uidlist"), uidlist);
  writeFileSync(join(path, "dovecot.index"), words.subarray(0, 500));
  writeFileSync(join(path, "dovecot.index.log"), words.subarray(0, 1500));
  writeFileSync(join(path, "dovecot.index.cache"), words.subarray(0, 3000));
  if (path.endsWith("Maildir")) writeFileSync(join(path, "dovecot-keywords"), "0 $Forwarded\n");
  else writeFileSync(join(path, "maildirfolder"), "");
}

/** A line of Dovecot's uidlist. */
export function uidLine(folder: Folder, { name }: Message): string {
  const line = `${folder.nextUid} :${name.slice("cur/".length).replace(/:2,.*$/, "")}\n`;
  folder.nextUid += 1;
  return line;
}

/** Mail's sizes are as the logarithm's normal distribution: many small ones, a few large ones. */
function messageBytes(medianBytes: number, random: Random): number {
  return Math.min(1 << 20, Math.round(medianBytes * Math.exp(1.05 * random.normal())));
}

const flagSets = ["S", "S", "S", "RS", "FS", ""];

/** Writes one message under a name as Dovecot gives it. */
export function writeMessage(folder: Folder, part: "cur" | "new", bytes: number, random: Random): Message {
  const head = `Message-ID: <${random.index(2 ** 32)}.${random.index(2 ** 32)}@bench.example>\nSubject: A letter\n\n`;
  const start = random.index(words.length - bytes);
  const content = Buffer.concat([Buffer.from(head), words.subarray(start, start + bytes)]);
  const unique = `${1_500_000_000 + random.index(2e8)}.M${random.index(1e6)}P${random.index(1e5)}.mail-old`;
  const base = `${unique},S=${content.length},W=${content.length + 40}`;
  const flags = part === "new" ? "" : `:2,${flagSets[random.index(flagSets.length)]}`;
  const name = `${part}/${base}${flags}`;
  writeFileSync(join(folder.path, name), content, { mode: 0o600 });
  return { folder, name };
}

/** What letters are cut from: lines of text that compress as text does. */
const words = Buffer.from(
  Array.from(
    { length: 60_000 },
    (_, line) => `line ${(line * 2_654_435_761) % 4_294_967_291} of a letter\n`,
  ).join(""),
);
