import { describe, expect, test } from "vitest";
import type { LedgerFile, LedgerFolder, LedgerHead, LedgerSummary } from "./ledger.ts";
import { endLine, fileLine, folderLines, headLine } from "./ledger-lines.ts";
import { readLedger } from "./ledger-reader.ts";

const head: LedgerHead = { host: "mail-öld", root: "/var/vmail", hash: "sha256", takenAt: "2024-01-01" };
const folder: LedgerFolder = {
  maildir: "example.org/a\tb/Maildir",
  directory: ".x\\y\n",
  uidValidity: 17,
  nextUid: undefined,
  subscriptions: [["Sent"], ["Lists", "D\tev"]],
  messages: [
    { base: "1.\u00ff\r", size: 3, flags: "FS", keywords: "$a b", uid: 1, hash: "0f" },
    { base: "2", size: 0, flags: "", keywords: "", uid: undefined, hash: undefined },
  ],
};
const file: LedgerFile = { path: "a/.dovecot.sieve", type: "link", size: 12, content: "sieve/x\ty" };
const summary: LedgerSummary = {
  ...{ mailboxes: 1, folders: 1, messages: 2, bytes: 3, withoutUid: 1, otherFiles: 1 },
  ...{ owners: { vmail: 2 }, layouts: { "maildir++": 1 } },
};
const text = headLine(head) + folderLines(folder) + fileLine(file) + endLine(summary);

async function* inPieces(whole: string, length: number): AsyncGenerator<string> {
  for (let at = 0; at < whole.length; at += length) yield whole.slice(at, at + length);
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
    expect(await collect(ledger.folders())).toEqual([folder]);
    expect(await collect(ledger.files())).toEqual([file]);
    expect(ledger.summary()).toEqual(summary);
  });

  test("is bytes: latin1 keeps it", async () => {
    const bytes = Buffer.from(text, "latin1").toString("latin1");
    expect(bytes).toBe(text);
  });

  test.each([
    ["is empty", ""],
    ["is another file", "hello\n"],
    ["was cut short between lines", headLine(head) + folderLines(folder)],
    ["was cut short within a line", text.slice(0, -5)],
    ["comes from a later version", headLine(head).replace("L\t1", "L\t2")],
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
