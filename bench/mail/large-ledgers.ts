import { linkSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Bench } from "./bench.ts";
import { makeRoomInMemory } from "./image.ts";
import { commandOf, forgetPasses, type OwnPath, prepareOwnPath, runStage } from "./mailferry.ts";

const mailboxes = 5000;
const folders = ["", ".Sent"];
const folderMessages = 1000;

/** What ten million messages lie in. */
export const ledgerFolders = mailboxes * folders.length;

/** How long the ledgers of so many messages and their proof may take, before the run counts as hung. */
const patienceMs = 1_800_000;

/**
 * Takes the ledgers of ten million messages on both sides and draws their proof: once, for the memory of the controller, which does not
 * depend on what else the machine does. Both sides are one tree, and its messages links to one file a folder: a ledger by names
 * and sizes opens none.
 */
export async function proveLargeLedgers(bench: Bench): Promise<void> {
  const room = makeRoomInMemory(join(bench.directory, "large-ledgers"));
  const root = join(room.directory, "vmail");
  writeMailboxes(root);
  const own: OwnPath = { directory: join(bench.directory, "ledgers"), source: root, target: root };
  prepareOwnPath(own, bench.sides);
  forgetPasses(own);
  bench.book.add("ledgers", "Mailferry", commandOf("proof"), await runStage(own, "proof", patienceMs));
  room.drop();
}

function writeMailboxes(root: string): void {
  for (let mailbox = 0; mailbox < mailboxes; mailbox += 1) {
    for (const folder of folders) {
      writeFolder(join(root, `domain${mailbox % 20}.example`, `user${mailbox}`, "Maildir", folder));
    }
  }
}

function writeFolder(path: string): void {
  for (const part of ["cur", "new", "tmp"]) mkdirSync(join(path, part), { recursive: true });
  const content = join(path, "tmp", "content");
  writeFileSync(content, "Subject: A letter\n\n");
  const uids = [`3 V1600000000 N${folderMessages + 1} G0\n`];
  for (let message = 1; message <= folderMessages; message += 1) {
    const base = `${1_600_000_000 + message}.M${message * 811}P${message * 7}.mail-old,S=19,W=22`;
    linkSync(content, join(path, "cur", `${base}:2,S`));
    uids.push(`${message} :${base}\n`);
  }
  writeFileSync(join(path, "dovecot-uidlist"), uids.join(""));
}
