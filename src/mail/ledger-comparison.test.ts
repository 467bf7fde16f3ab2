import { describe, expect, test } from "vitest";
import type { LedgerFile, LedgerFolder } from "./ledger.ts";
import { compareLedgers } from "./ledger-comparison.ts";
import type { LedgerReader } from "./ledger-reader.ts";
import type { ProofCounts, ProofException } from "./proof.ts";
import { evidenceOf, ledgerMessage as message } from "./testing/fake-ledger.ts";

function folder(maildir: string, directory: string, words: Partial<LedgerFolder> = {}): LedgerFolder {
  const known = { uidValidity: undefined, nextUid: undefined, subscriptions: [], messages: [] };
  return { maildir, directory, ...known, ...words };
}

function ledger(
  folders: LedgerFolder[],
  files: LedgerFile[] = [],
  hash: "none" | "sha256" = "none",
): LedgerReader {
  return {
    head: { host: "h", root: "/var/vmail", hash, takenAt: "" },
    async *folders() {
      yield* folders.map(evidenceOf);
    },
    async *files() {
      yield* files;
    },
    summary: () => {
      throw new Error("not asked for");
    },
  };
}

async function compare(old: LedgerReader, current: LedgerReader, expectUids = false) {
  const exceptions: ProofException[] = [];
  const mailboxes: Record<string, ProofCounts> = {};
  const total = await compareLedgers(
    old,
    current,
    {
      onException: (exception) => exceptions.push(exception),
      onMailbox: (mailbox, counts) => {
        mailboxes[mailbox] = counts;
      },
    },
    { expectUids },
  );
  const told = exceptions.map((e) => [e.difference, e.mailbox, e.folder ?? "", e.name].join(" "));
  return { total, mailboxes, exceptions, told };
}

describe("two ledgers", () => {
  test("that say the same differ in nothing, wherever flags and folders stand", async () => {
    const same = [
      folder("a/Maildir", "", {
        uidValidity: 7,
        messages: [message("1", { uid: 1, flags: "S" }), message("2")],
      }),
      folder("a/Maildir", ".Sent", { messages: [message("1")] }),
      folder("b/Maildir", "", { messages: [message("1")] }),
    ];
    const { total, told, mailboxes } = await compare(ledger(same), ledger(same));
    expect(told).toEqual([]);
    expect(total).toMatchObject({ "on-both": 4, missing: 0, extra: 0 });
    expect(mailboxes.a).toMatchObject({ "on-both": 3 });
    expect(mailboxes.b).toMatchObject({ "on-both": 1 });
  });

  test("tell old's folders without UIDVALIDITY where UIDs are expected, though both say the same", async () => {
    const opened = folder("a/Maildir", ".Opened", { messages: [message("1")] });
    const known = folder("a/Maildir", ".Known", { uidValidity: 7, messages: [message("1", { uid: 1 })] });
    const both = ledger([folder("a/Maildir", ""), known, opened]);
    const { told, total } = await compare(both, both, true);
    expect(told).toEqual(["uids-unknown a .Opened .Opened".replaceAll(".Opened", "Opened")]);
    expect(total).toMatchObject({ "uids-unknown": 1, "on-both": 2 });
    expect((await compare(both, both)).told).toEqual([]);
    // Where nobody has opened the folder, nobody knows UIDs.
    const arrived = { ...evidenceOf(opened), messages: Buffer.from("new/1//1\0") };
    const fresh: LedgerReader = {
      ...both,
      async *folders() {
        yield arrived;
      },
    };
    expect((await compare(fresh, fresh, true)).told).toEqual([]);
  });

  test("show each kind of difference", async () => {
    const old = [
      folder("a/Maildir", "", {
        uidValidity: 7,
        subscriptions: [["Sent"], ["Lists", "Dev"]],
        messages: [
          message("1", { uid: 1, flags: "S" }),
          message("2", { uid: 2, size: 10 }),
          message("3", { uid: 3, keywords: "$a" }),
          message("4"),
          message("6", { uid: 6 }),
        ],
      }),
      folder("a/Maildir", ".Gone", { messages: [message("9")] }),
    ];
    const current = [
      folder("a/Maildir", "", {
        uidValidity: 8,
        subscriptions: [["Sent"]],
        messages: [
          message("1", { uid: 1, flags: "FS" }),
          message("2", { uid: 2, size: 11 }),
          message("3", { uid: 4, keywords: "$a" }),
          message("4", { uid: 5 }),
          message("4", { uid: 7 }),
          message("5"),
        ],
      }),
      folder("a/Maildir", ".New"),
    ];
    const { told, total } = await compare(ledger(old), ledger(current));
    expect(told).toEqual([
      "uidvalidity-differs a INBOX INBOX",
      "subscription-missing a INBOX Lists/Dev",
      "flags-differ a INBOX 1",
      "altered a INBOX 2",
      "uid-differs a INBOX 3",
      "extra a INBOX 4",
      "extra a INBOX 5",
      "missing a INBOX 6",
      "folder-missing a Gone Gone",
      "missing a Gone 9",
      "folder-extra a New New",
    ]);
    expect(total).toMatchObject({ "on-both": 4, missing: 2, extra: 2, altered: 1 });
  });

  test("a hash that differs is an alteration, one that was not taken on a side is not", async () => {
    const sides = ["aa", "bb"].map((hash) => [folder("a", "", { messages: [message("1", { hash })] })]);
    const [old = [], current = []] = sides;
    const both = await compare(ledger(old, [], "sha256"), ledger(current, [], "sha256"));
    expect(both.total.altered).toBe(1);
    const one = await compare(ledger(old, [], "sha256"), ledger(current, [], "none"));
    expect(one.total.altered).toBe(0);
  });

  test("the files beside the messages are compared by what they hold or where they point", async () => {
    const file = (path: string, content: string, type: LedgerFile["type"] = "file"): LedgerFile => ({
      ...{ path, type, size: content.length, content },
    });
    const old = [file("a/.dovecot.sieve", "sieve/x", "link"), file("a/x", "1"), file("b/y", "2")];
    const current = [file("a/.dovecot.sieve", "sieve/z", "link"), file("b/y", "2"), file("b/z", "3")];
    const { told, total } = await compare(ledger([], old), ledger([], current));
    expect(told).toEqual([
      "file-differs a/.dovecot.sieve  a/.dovecot.sieve",
      "file-missing a/x  a/x",
      "file-extra b/z  b/z",
    ]);
    expect(total).toMatchObject({ "file-differs": 1, "file-missing": 1, "file-extra": 1 });
  });
});
