import { describe, expect, test } from "vitest";
import type { FolderEvidence } from "./folder-evidence.ts";
import type { LedgerFile, LedgerHead, LedgerSummary } from "./ledger.ts";
import { endLine, fileLine, folderLines, headLine } from "./ledger-lines.ts";
import { readLedger } from "./ledger-reader.ts";

const head: LedgerHead = { host: "mail-öld", root: "/var/vmail", hash: "sha256", takenAt: "2024-01-01" };
const folder: FolderEvidence = {
  maildir: "example.org/a\tb/Maildir",
  directory: ".x\\y\n",
  uidlist: Buffer.from("3 V17 N4 Gx\n"),
  keywords: Buffer.from(""),
  subscriptions: Buffer.from("V\t2\n\nLists\tDev\n"),
  messages: Buffer.from("cur/1.\u00ff\r\nF\tx:2,FS//#0f\0cur/1.\u00ff\r\nF\tx:2,FS//3\0new/2//0\0", "latin1"),
  count: 2,
};
const file: LedgerFile = { path: "a/.dovecot.sieve", type: "link", size: 12, content: "sieve/x\ty" };
const summary: LedgerSummary = {
  ...{ mailboxes: 1, folders: 1, messages: 2, bytes: 3, otherFiles: 1 },
  ...{ owners: { vmail: 2 }, layouts: { "maildir++": 1 } },
};
const folderText = folderLines(folder)
  .map((piece) => piece.toString("latin1"))
  .join("");
const text = headLine(head) + folderText + folderText + fileLine(file) + endLine(summary);

async function* inPieces(whole: string, length: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(whole, "latin1");
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const collected: Item[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

describe("a ledger's text", () => {
  test.each([1, 7, 10_000])("comes back as it went in, in pieces of %i characters", async (length) => {
    const ledger = await readLedger(inPieces(text, length), "ledger");
    expect(ledger.head).toEqual(head);
    expect(await collect(ledger.folders())).toEqual([folder, folder]);
    expect(await collect(ledger.files())).toEqual([file]);
    expect(ledger.summary()).toEqual(summary);
  });

  test.each([
    ["is empty", ""],
    ["is another file", "hello\n"],
    ["was cut short between lines", headLine(head) + folderText],
    ["was cut short within a folder", text.slice(0, text.indexOf("cur/1") + 5)],
    ["gives a folder another length", text.replace("\t12\t", "\t13\t")],
    ["gives a folder no length", text.replace("\t12\t", "\tx\t")],
    ["was cut short within a line", text.slice(0, -5)],
    ["comes from a later version", headLine(head).replace("L\t2", "L\t3")],
    ["holds something else", `${headLine(head)}what\n`],
  ])("that %s is refused", async (_what, damaged) => {
    const reading = (async () => {
      const ledger = await readLedger(inPieces(damaged, 100), "ledger-old");
      for await (const _ of ledger.folders());
      for await (const _ of ledger.files());
      return ledger.summary();
    })();
    await expect(reading).rejects.toThrow("ledger-old");
  });
});
