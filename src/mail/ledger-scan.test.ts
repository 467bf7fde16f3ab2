import { describe, expect, test } from "vitest";
import type { LedgerFile, LedgerFolder } from "./ledger.ts";
import { LedgerScan } from "./ledger-scan.ts";

const whole = [
  "B",
  "F./example.org/a/Maildir/",
  "F./example.org/a/Maildir/.Sent/",
  "",
  "\n./example.org/a/Maildir/dovecot-uidlist\n",
  "\n3 V17 N4 Gx\n1 :2.b\n3 :1.a:2,S\n",
  "\n./example.org/a/Maildir/dovecot-keywords\n",
  "\n0 $Forwarded\n",
  "\n./example.org/a/Maildir/subscriptions\n",
  "\nV\t2\n\nSent\n",
  "H",
  `${"0a".repeat(32)}  ./example.org/a/Maildir/cur/1.a:2,Sa`,
  "M",
  "f 12 vmail ./example.org/a/Maildir/new/2.b",
  "f 3 vmail ./example.org/a/Maildir/cur/1.a:2,Sa",
  "f 4 root ./example.org/a/Maildir/.Sent/cur/-9\nodd\u00ff:2,F",
  "E",
  "B",
  "F./example.org/b/Maildir/",
  "E",
  "H",
  `${"0b".repeat(32)}  ./example.org/a/sieve/x.sieve`,
  "O",
  "./example.org/a/.dovecot.sieve//l 13 sieve/x.sieve",
  "./example.org/a/sieve/x.sieve//f 20 ",
  "Z0",
  "",
].join("\0");

function scan(text: string, length = text.length) {
  const folders: LedgerFolder[] = [];
  const files: LedgerFile[] = [];
  const owners: Record<string, number>[] = [];
  const reader = new LedgerScan({
    onFolder: (folder, counts) => {
      folders.push(folder);
      owners.push(Object.fromEntries(counts));
    },
    onFile: (file) => void files.push(file),
  });
  const bytes = Buffer.from(text, "latin1");
  for (let at = 0; at < bytes.length; at += length) reader.feed(bytes.subarray(at, at + length));
  return { folders, files, owners, ended: reader.ended };
}

describe("what the ledger script prints", () => {
  test.each([1, 5, 100_000])("becomes folders and files, in pieces of %i bytes", (length) => {
    const { folders, files, owners, ended } = scan(whole, length);
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
        ...{ nextUid: undefined, subscriptions: [] },
        messages: [
          { base: "-9\nodd\u00ff", size: 4, flags: "F", keywords: "", uid: undefined, hash: undefined },
        ],
      },
      expect.objectContaining({ maildir: "example.org/b/Maildir", messages: [] }),
    ]);
    expect(owners).toEqual([{ vmail: 2 }, { root: 1 }, {}]);
    expect(files).toEqual([
      { path: "example.org/a/.dovecot.sieve", type: "link", size: 13, content: "sieve/x.sieve" },
      { path: "example.org/a/sieve/x.sieve", type: "file", size: 20, content: "0b".repeat(32) },
    ]);
  });

  test("that is cut short has not ended", () => {
    expect(scan(whole.slice(0, -3)).ended).toBe(false);
    expect(scan(whole.replace("Z0", "Z123")).ended).toBe(false);
  });

  test("with lines of hashes", () => {
    const { folders } = scan(
      [
        "B",
        "F./a/",
        "N",
        `${"1c".repeat(16)}  ./a/cur/1\n\\${"1d".repeat(16)}  ./a/cur/2\\nb\n`,
        "M",
        "f 1 vmail ./a/cur/1",
        "f 1 vmail ./a/cur/2\nb",
        "E\0",
      ].join("\0"),
    );
    expect(folders[0]?.messages.map(({ hash }) => hash)).toEqual(["1c".repeat(16), "1d".repeat(16)]);
  });

  test("out of order is refused", () => {
    expect(() => scan(["B", "F./b/", "F./a/", "E", ""].join("\0"))).toThrow("order");
    expect(() => scan(["hello", ""].join("\0"))).toThrow("unexpected");
  });
});
