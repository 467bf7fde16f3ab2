import { Readable } from "node:stream";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readFolder } from "../../../src/mail/folder-evidence.ts";
import { folderNames } from "../../../src/mail/folder-names.ts";
import { endLine, fileLine, folderLines, headLine } from "../../../src/mail/ledger-lines.ts";
import { readLedger } from "../../../src/mail/ledger-reader.ts";
import { LedgerScan } from "../../../src/mail/ledger-scan.ts";
import { readMessages } from "../../../src/mail/message-listing.ts";
import { compareListings } from "../../../src/mail/tree-listing.ts";
import { effort, nearlyBytes } from "./foreign.ts";

/** Bytes that are nearly those, cut into two pieces anywhere: what they come to can't hang on how they arrive. */
function inPieces(sound: string): fc.Arbitrary<readonly [Buffer, number]> {
  return fc.tuple(nearlyBytes(Buffer.from(sound, "latin1")), fc.nat({ max: sound.length }));
}

async function* piecesOf(bytes: Buffer, at: number): AsyncGenerator<Buffer> {
  yield bytes.subarray(0, at);
  yield bytes.subarray(at);
}

/** What a reader made of it, or how it told that it was nothing for it. */
async function told(read: () => unknown, wanted: RegExp): Promise<unknown> {
  try {
    return await read();
  } catch (error) {
    expect(String(error)).toMatch(wanted);
    return String(error);
  }
}

describe("what a host lists, whatever it is, is read or refused in words, however it is cut into pieces", () => {
  const scan =
    "B\0F./a/Maildir/\0U5000\0M\0./a/Maildir/cur/1.M1P2.h,S=3:2,S//#00ff\0./a/Maildir/cur/1.M1P2.h,S=3:2,S//3\0./a/Maildir/dovecot-uidlist//3 V17 N4 G1a\n1 :1.M1P2.h,S=3\n/\0./a/Maildir/new/2.M\xf6//5 5001f\0E\0Y0\0H\0O\0./a/sieve//f 5 \0Z0\0";

  test("the scan of a ledger", async () => {
    const read = (pieces: readonly Buffer[]): unknown => {
      const found: unknown[] = [];
      const ledgerScan = new LedgerScan({
        onFolder: (folder, tally) => found.push(folder, tally, readFolder(folder)),
        onFile: (file) => found.push(file),
      });
      for (const piece of pieces) ledgerScan.feed(piece);
      return [found, ledgerScan.ended];
    };
    const refused = /^Error: (ledger scan: |no record of a message: )/;
    const whole = await told(() => read([Buffer.from(scan, "latin1")]), refused);
    expect(whole).toMatchObject([expect.objectContaining({ length: 4 }), true]);
    const property = fc.asyncProperty(inPieces(scan), async ([bytes, at]) => {
      const one = await told(() => read([bytes]), refused);
      expect(await told(() => read([bytes.subarray(0, at), bytes.subarray(at)]), refused)).toEqual(one);
    });
    await fc.assert(property, effort);
  });

  test("the names in folders", async () => {
    const printed = "\x000./a/cur\x001x:2,S\x001y\xff\n\0\x000./a/new\0\x001./a/new/sub\x000new\0";
    const folders = ["a/cur", "a/new", "b/cur"];
    const read = async (pieces: readonly Buffer[]): Promise<unknown> => {
      const found: (readonly string[])[] = [];
      for await (const names of folderNames(folders, Readable.from(pieces))) found.push(names);
      return found;
    };
    const refused = /which no find prints$/;
    expect(await read([Buffer.from(printed, "latin1")])).toEqual([["1x:2,S", "1y\xff\n"], ["1sub"], []]);
    const property = fc.asyncProperty(inPieces(printed), async ([bytes, at]) => {
      const one = await told(() => read([bytes]), refused);
      expect(await told(() => read([bytes.subarray(0, at), bytes.subarray(at)]), refused)).toEqual(one);
    });
    await fc.assert(property, effort);
  });

  test("a ledger", async () => {
    const folder = {
      ...{ maildir: "a/Maildir", directory: ".S\t\xf6", count: 1, uidlist: Buffer.from("3 V17 N4\n") },
      ...{ keywords: Buffer.alloc(0), subscriptions: Buffer.from("Sent\n") },
      messages: Buffer.from("cur/1.M1P2.h:2,S//3\0"),
    };
    const summary = {
      ...{ mailboxes: 1, folders: 1, messages: 1, bytes: 3, otherFiles: 1, owners: {}, layouts: {} },
    };
    const parts = [
      headLine({ host: "old", root: "/m", hash: "none", takenAt: "2026-01-02T03:04:05Z" }),
      ...folderLines(folder),
      fileLine({ path: "a/sieve", type: "file", size: 5, content: "00ff" }),
      endLine(summary),
    ];
    const sound = parts.map((part) => part.toString("latin1")).join("");
    const read = async (bytes: Buffer, at: number): Promise<unknown> => {
      const ledger = await readLedger(piecesOf(bytes, at), "x.ledger");
      const found: unknown[] = [ledger.head];
      for await (const one of ledger.folders()) found.push(one, readFolder(one));
      for await (const one of ledger.files()) found.push(one);
      return [...found, ledger.summary()];
    };
    const refused = /^Error: (x\.ledger |no record of a message: )/;
    expect(await told(() => read(Buffer.from(sound, "latin1"), 0), refused)).toHaveLength(5);
    const property = fc.asyncProperty(inPieces(sound), async ([bytes, at]) => {
      const one = await told(() => read(bytes, 0), refused);
      expect(await told(() => read(bytes, at), refused)).toEqual(one);
    });
    await fc.assert(property, effort);
  });

  test("a listing of messages: none leads out of its folder", async () => {
    const sound = "a/Maildir//1.M1P2.h//cur//:2,S//30\0a/Maildir/.Sent//2.\xf6//new////5\0";
    const property = fc.asyncProperty(inPieces(sound), async ([bytes, at]) => {
      async function* texts() {
        for await (const piece of piecesOf(bytes, at)) yield piece.toString("latin1");
      }
      const read = async () => {
        for await (const { folder, base, rest } of readMessages(texts())) {
          expect(`/${folder}/`).not.toMatch(/\/\.{0,2}\/./);
          expect(base + rest).not.toContain("/");
        }
      };
      await told(read, /^(Error: message listing: unexpected record |Failure: a listing names )/);
    });
    await fc.assert(property, effort);
  });

  test("two listings of a mail root", async () => {
    const sound =
      "//d - - 755 0 0\0a//d - - 755 0 0\0a/cur//F 1.5 2.5 7 755 0 0\0a/subscriptions//f 1 2 5 8 644 0 0 \0";
    async function* records(text: string): AsyncGenerator<string[]> {
      yield text.split("\0").slice(0, -1);
    }
    const near = nearlyBytes(Buffer.from(sound.slice("//d - - 755 0 0\0".length), "latin1"));
    const property = fc.asyncProperty(near, near, async (before, now) => {
      const [was, is] = [before, now].map((bytes) => records(bytes.toString("latin1"))) as [
        AsyncGenerator<string[]>,
        AsyncGenerator<string[]>,
      ];
      const compared = async () => {
        const { folders, changed, goneFiles } = await compareListings(was, is, 2);
        for (const path of [...folders, ...changed, ...goneFiles])
          expect(`/${path}/`).not.toMatch(/\/\.{0,2}\/./);
      };
      await told(compared, /^Failure: a listing names /);
    });
    await fc.assert(property, effort);
  });
});
