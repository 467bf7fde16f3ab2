import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { type FolderEvidence, readFolder } from "./folder-evidence.ts";
import type { FolderTally } from "./folder-tally.ts";
import type { LedgerFile } from "./ledger.ts";
import { LedgerScan } from "./ledger-scan.ts";

const whole = [
  "B",
  "F./example.org/a/Maildir/",
  "F./example.org/a/Maildir/.Sent/",
  "U5000",
  "M",
  "./example.org/a/Maildir/.Sent/cur/-9\nodd\u00ff:2,F//4 0f",
  `./example.org/a/Maildir/cur/1.a:2,Sa//#${"0a".repeat(32)}`,
  "./example.org/a/Maildir/cur/1.a:2,Sa//3",
  "./example.org/a/Maildir/dovecot-keywords//0 $Forwarded\n/",
  "./example.org/a/Maildir/dovecot-uidlist//3 V17 N4 Gx\n1 :2.b\n3 :1.a:2,S\n/",
  "./example.org/a/Maildir/new/2.b//12",
  "./example.org/a/Maildir/subscriptions//V\t2\n\nSent\n/",
  "E",
  "B",
  "F./example.org/b/Maildir/",
  "U",
  "M",
  "E",
  "Y0",
  "H",
  `${"0b".repeat(32)}  ./example.org/a/sieve/x.sieve`,
  "O",
  "./example.org/a/.dovecot.sieve//l 13 sieve/x.sieve",
  "./example.org/a/maildirfolder//f 0 ",
  "./example.org/a/sieve/x.sieve//f 20 ",
  "Z0",
  "",
].join("\0");

function scan(text: string, length = text.length) {
  const evidence: FolderEvidence[] = [];
  const files: LedgerFile[] = [];
  const tallies: FolderTally[] = [];
  const reader = new LedgerScan({
    onFolder: (folder, tally) => {
      evidence.push(folder);
      tallies.push(tally);
    },
    onFile: (file) => void files.push(file),
  });
  const bytes = Buffer.from(text, "latin1");
  for (let at = 0; at < bytes.length; at += length) reader.feed(bytes.subarray(at, at + length));
  return { evidence, folders: evidence.map(readFolder), files, tallies, ended: reader.ended };
}

describe("what the ledger script prints", () => {
  test.each([1, 5, 100_000])("becomes folders and files, in pieces of %i bytes", (length) => {
    const { evidence, folders, files, tallies, ended } = scan(whole, length);
    expect(ended).toBe(true);
    expect(folders).toEqual([
      {
        ...{ maildir: "example.org/a/Maildir", directory: "", uidValidity: 17, nextUid: 4 },
        subscriptions: [["Sent"]],
        messages: [
          {
            ...{ base: "1.a", size: 3, flags: "S", keywords: "$Forwarded", uid: 3 },
            hash: "0a".repeat(32),
          },
          { base: "2.b", size: 12, flags: "", keywords: "", uid: 1, hash: undefined },
        ],
      },
      {
        ...{ maildir: "example.org/a/Maildir", directory: ".Sent", uidValidity: undefined },
        ...{ nextUid: undefined, hidesUids: true, subscriptions: [] },
        messages: [
          { base: "-9\nodd\u00ff", size: 4, flags: "F", keywords: "", uid: undefined, hash: undefined },
        ],
      },
      expect.objectContaining({ maildir: "example.org/b/Maildir", messages: [] }),
    ]);
    expect(evidence.map(({ count }) => count)).toEqual([2, 1, 0]);
    expect(tallies).toEqual([
      {
        sizeBytes: 15,
        owners: new Map([["5000", 2]]),
        unhashed: "./example.org/a/Maildir/new/2.b",
      },
      {
        sizeBytes: 4,
        owners: new Map([["0", 1]]),
        unhashed: "./example.org/a/Maildir/.Sent/cur/-9\nodd\u00ff:2,F",
      },
      { sizeBytes: 0, owners: new Map(), unhashed: undefined },
    ]);
    expect(files).toEqual([
      { path: "example.org/a/.dovecot.sieve", type: "link", size: 13, content: "sieve/x.sieve" },
      {
        ...{ path: "example.org/a/maildirfolder", type: "file", size: 0 },
        content: createHash("sha256").digest("hex"),
      },
      { path: "example.org/a/sieve/x.sieve", type: "file", size: 20, content: "0b".repeat(32) },
    ]);
  });

  test("that is cut short has not ended", () => {
    expect(scan(whole.slice(0, -3)).ended).toBe(false);
    expect(scan(whole.replace("Z0", "Z123")).ended).toBe(false);
  });

  test("is handed on folder by folder, before the batch ends", () => {
    const seen: string[] = [];
    const reader = new LedgerScan({
      onFolder: ({ maildir, directory }) => void seen.push(`${maildir}/${directory}`),
      onFile: () => {},
    });
    const head = ["B", "F./a/", "F./a/.Sent/", "F./b/", "U0", "M", ""].join("\0");
    reader.feed(Buffer.from(`${head}./a/.Sent/cur/1//1\0./a/cur/1//1\0./a/new/2//1\0`));
    expect(seen).toEqual([]);
    reader.feed(Buffer.from("./b/cur/1//1\0"));
    expect(seen).toEqual(["a/", "a/.Sent"]);
    expect(() => reader.feed(Buffer.from("./a/cur/3//1\0"))).toThrow("of no folder");
  });

  test("that comes back to a folder behind another one's control files is refused", () => {
    const records = ["./a/cur/1//1", "./b/dovecot-uidlist//3 V1/", "./a/cur/2//1"];
    expect(() => scan(["B", "F./a/", "F./b/", "U0", "M", ...records, "E", ""].join("\0"))).toThrow(
      "of no folder",
    );
  });

  test("is not handed on before the last that can be said of a folder", () => {
    const records = ["./a/cur/1//1", "./a/subscriptions-x/cur/1//1", "./a/subscriptions//x//y/"];
    const { evidence } = scan(
      ["B", "F./a/", "F./a/subscriptions-x/", "U0", "M", ...records, "E", ""].join("\0"),
    );
    expect(evidence.map(({ subscriptions }) => subscriptions.toString())).toEqual(["x//y", ""]);
  });

  test("that has no end is ended before it fills the memory", () => {
    const scanned = new LedgerScan({ onFolder: () => {}, onFile: () => {} });
    const piece = Buffer.alloc(64 * 1024 * 1024, "x");
    const endless = () => {
      for (;;) scanned.feed(piece);
    };
    expect(endless).toThrow("more than 1024 MiB of one Maildir, or without an end");
  });

  test("out of order is refused", () => {
    expect(() => scan(["B", "F./b/", "F./a/", "E", ""].join("\0"))).toThrow("order");
    expect(() => scan(["hello", ""].join("\0"))).toThrow("unexpected");
  });

  test.each([
    "./c/cur/1//1",
    "./a/cur/1",
    "./a/cur/1//",
    "./a/cur/1//x",
    "./a/cur//1",
    "../a/cur/1//1",
    "a",
    "//1",
    "./c/dovecot-uidlist//3 V1/",
    "./a/.ab/cur//11 0l",
    "./a/dovecot-uidlist//",
    "./a/dovecot-uidlist/",
    "./a/zzz//x/",
    "/",
  ])("with %s among the messages is refused", (record) => {
    expect(() => scan(["B", "F./a/", "U0", "M", "./a/cur/0//1", record, "E", ""].join("\0"))).toThrow(
      "ledger scan",
    );
  });
});
