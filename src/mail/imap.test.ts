import { describe, expect, test } from "vitest";
import { compareWithImap, imapNames } from "./imap-comparison.ts";
import { dialogueFor, parseDialogue } from "./imap-dialogue.ts";
import { imapName, imapString } from "./imap-name.ts";
import type { LedgerFolder, LedgerMessage } from "./ledger.ts";
import type { ProofException } from "./proof.ts";

const namespace = { prefix: "", separator: "." };

describe("names of folders in IMAP", () => {
  test("are joined as the server wants it, and encoded only when they are not yet", () => {
    expect(imapName([], namespace)).toBe("INBOX");
    expect(imapName(["Lists", "Entw&APw-rfe"], namespace)).toBe("Lists.Entw&APw-rfe");
    expect(imapName(["a", "b"], { prefix: "INBOX/", separator: "/" })).toBe("INBOX/a/b");
    const utf8 = Buffer.from("Entwürfe ✓/x").toString("latin1");
    expect(imapName([utf8], namespace)).toBe("Entw&APw-rfe &JxM-/x");
  });

  test("stand in commands quoted, or as literals", () => {
    expect(imapString('a "b" \\c')).toBe('"a \\"b\\" \\\\c"');
    expect(imapString("a\nb")).toBe("{3+}\r\na\nb");
  });
});

const answers = [
  "* PREAUTH [CAPABILITY IMAP4rev1] Logged in as a@example.org",
  '* NAMESPACE (("" ".")) NIL NIL',
  "n OK Namespace completed.",
  '* LSUB () "." Sent',
  '* LSUB () "." "with \\"quotes\\""',
  '* LSUB () "." {6}',
  "a b\r\nc",
  '* LSUB (\\Noselect) "." Lists',
  "s OK Lsub completed.",
  "* FLAGS (\\Answered \\Seen)",
  "* 2 EXISTS",
  "* OK [UIDVALIDITY 17] UIDs valid",
  "* OK [UIDNEXT 9] Predicted next UID",
  "e0 OK [READ-ONLY] Examine completed",
  "* 1 FETCH (UID 3 FLAGS (\\Seen $Forwarded))",
  "* 2 FETCH (FLAGS () UID 8)",
  "f0 OK Fetch completed",
  "* OK [CLOSED] Previous mailbox closed.",
  "e1 NO Mailbox doesn't exist: Nope",
  "f1 BAD No mailbox selected",
  "* 0 EXISTS",
  "* OK [UIDVALIDITY 18] UIDs valid",
  "e2 OK [READ-ONLY] Examine completed",
  "f2 OK Fetch completed",
  "z4711 OK NOOP completed.",
  "",
].join("\r\n");

describe("an IMAP dialogue", () => {
  test("opens folders read-only", () => {
    expect(dialogueFor(["INBOX", "a b"]).split("\r\n")).toEqual([
      "n NAMESPACE",
      's LSUB "" "*"',
      'e0 EXAMINE "INBOX"',
      "f0 UID FETCH 1:* (FLAGS)",
      'e1 EXAMINE "a b"',
      "f1 UID FETCH 1:* (FLAGS)",
      "",
    ]);
  });

  test("is read to the end", () => {
    const view = parseDialogue(answers, 3);
    expect(view).toMatchObject({ namespace, problem: undefined });
    expect([...view.subscriptions]).toEqual(["Sent", 'with "quotes"', "a b\r\nc"]);
    const [first, second, third] = view.folders;
    expect(first).toMatchObject({ uidValidity: 17, uidNext: 9, exists: 2 });
    expect([...(first?.flags ?? [])]).toEqual([
      [3, "\\Seen $Forwarded"],
      [8, ""],
    ]);
    expect(second).toBeUndefined();
    expect(third).toMatchObject({ uidValidity: 18, exists: 0 });
  });

  test("asks what each message is, too", () => {
    expect(dialogueFor(["INBOX"], { exact: true }).split("\r\n").slice(2, 5)).toEqual([
      'l LIST "" "*" RETURN (STATUS (MESSAGES))',
      'e0 EXAMINE "INBOX"',
      "f0 UID FETCH 1:* (FLAGS X-GUID RFC822.SIZE)",
    ]);
    const text = [
      "* STATUS INBOX (MESSAGES 2)",
      "* STATUS {3}",
      'a"b (MESSAGES 0)',
      "e0 OK done",
      "* 1 FETCH (UID 3 FLAGS (\\Seen) X-GUID 1.M1.h,S=2 RFC822.SIZE 12)",
      '* 2 FETCH (UID 4 FLAGS () X-GUID "1 (x) \\"" RFC822.SIZE 7)',
      "z OK done\r\n",
    ].join("\r\n");
    const view = parseDialogue(text, 1);
    expect([...view.messages]).toEqual([
      ["INBOX", 2],
      ['a"b', 0],
    ]);
    expect([...(view.folders[0]?.identities ?? [])]).toEqual([
      [3, { guid: "1.M1.h,S=2", virtualBytes: 12 }],
      [4, { guid: '1 (x) "', virtualBytes: 7 }],
    ]);
    expect(view.folders[0]?.flags.get(3)).toBe("\\Seen");
  });

  test("asks what limits the user, behind the folders", () => {
    const asked = dialogueFor(["INBOX"], { quota: true }).split("\r\n").slice(3);
    expect(asked).toEqual(["f0 UID FETCH 1:* (FLAGS)", "q GETQUOTAROOT INBOX", ""]);
    const roots = '* QUOTAROOT INBOX "User quota" {5}\r\nof a)';
    const quotas = '* QUOTA "User quota" (STORAGE 10 512 MESSAGE 3 100)\r\n* QUOTA {5}\r\nof a) ()';
    const view = (said: string) => parseDialogue(answers.replace("z4711", `${said}\r\nz4711`), 3);
    const limits = [
      { resource: "STORAGE", used: 10, limit: 512 },
      { resource: "MESSAGE", used: 3, limit: 100 },
    ];
    expect(view(`${roots}\r\n${quotas}\r\nq OK Getquotaroot completed.`)).toMatchObject({
      quota: limits,
      problem: undefined,
    });
    expect(view("q BAD Error in IMAP command GETQUOTAROOT: Unknown command.").quota).toEqual([]);
    expect(view("q NO [SERVERBUG] Internal error occurred.").quota).toBeUndefined();
    expect(view("* OK still here").quota).toBeUndefined();
  });

  test("that breaks off says why", () => {
    expect(parseDialogue("Fatal: Unknown user\n", 1).problem).toBe("Fatal: Unknown user");
    expect(parseDialogue("", 1).problem).toBe("no answer");
    expect(parseDialogue('* LSUB () "." {9}\r\ncut', 1).problem).toBe("cut");
    expect(parseDialogue('* LSUB () "." {9}', 1).problem).toBe("no answer");
    const killed = answers.replace("z4711 OK NOOP completed.", "imap(a@example.org): Fatal: master: killed");
    expect(parseDialogue(killed, 3).problem).toContain("Fatal: master");
  });

  test.each(["n OK", "s OK", "e2 OK", "f1 BAD", "z4711 OK"])("without %s is not whole", (answer) => {
    expect(parseDialogue(answers, 3).problem).toBeUndefined();
    expect(parseDialogue(answers.replace(answer, "* OK"), 3).problem).toBe("no answer");
  });

  test("is not whole without what else was asked for", () => {
    const words = { exact: true, quota: true };
    const more = (...said: string[]) => answers.replace("z4711", [...said, "z4711"].join("\r\n"));
    expect(parseDialogue(more("l OK", "q NO"), 3, words).problem).toBeUndefined();
    expect(parseDialogue(more("l OK"), 3, words).problem).toBe("no answer");
    expect(parseDialogue(more("q OK"), 3, words).problem).toBe("no answer");
  });
});

describe("old's ledger against IMAP on new", () => {
  const message = (base: string, words: Partial<LedgerMessage> = {}): LedgerMessage => ({
    ...{ base, size: 1, flags: "", keywords: "", uid: undefined, hash: undefined },
    ...words,
  });
  const folder = (directory: string, words: Partial<LedgerFolder>): LedgerFolder => ({
    ...{ maildir: "example.org/a/Maildir", directory, uidValidity: 17, nextUid: 9 },
    ...{ subscriptions: [], messages: [] },
    ...words,
  });
  const compare = (folders: LedgerFolder[], text = answers) => {
    const exceptions: ProofException[] = [];
    const view = parseDialogue(text, 3);
    const counts = compareWithImap("a@example.org", folders, view, namespace, (one) => exceptions.push(one));
    return {
      counts,
      told: exceptions.map((e) => [e.difference, e.folder, e.name, e.old, e.new].join(" ").trim()),
    };
  };

  test("agrees where flags, UIDs and subscriptions are the same, and counts what has no UID", () => {
    const messages = [message("1", { uid: 3, flags: "PS", keywords: "$Forwarded ?z" }), message("2")];
    const { counts, told } = compare([folder("", { messages, subscriptions: [["Sent"]] })]);
    expect(told).toEqual([]);
    expect(counts).toMatchObject({ "on-both": 2, extra: 0 });
  });

  test("tells each difference", () => {
    const messages = [message("1", { uid: 3, flags: "F" }), message("2", { uid: 4 }), message("3")];
    const { counts, told } = compare([
      folder("", { messages, subscriptions: [["Lists"]], nextUid: 12 }),
      folder(".Nope", { messages: [message("9", { uid: 1 })] }),
      folder(".Other", { messages: [message("5", { uid: 1 })] }),
    ]);
    expect(told).toEqual([
      "subscription-missing INBOX Lists",
      "flags-differ INBOX 1 \\Flagged $Forwarded \\Seen",
      "missing INBOX 2 UID 4",
      "uid-differs INBOX UIDNEXT 12 9",
      "folder-missing Nope Nope",
      "missing Nope 9",
      "uidvalidity-differs Other Other 17 18",
      "missing Other messages 1 0",
    ]);
    expect(counts).toMatchObject({ "on-both": 2, missing: 3, extra: 0 });
  });

  test("exactly: message by message, also those that had no UID, by GUID and size", () => {
    const text = answers
      .replace("(UID 3 FLAGS (\\Seen $Forwarded))", "(UID 3 FLAGS (\\Seen) X-GUID 1.M,W=5 RFC822.SIZE 5)")
      .replace("(FLAGS () UID 8)", "(UID 8 FLAGS () X-GUID from-dsync RFC822.SIZE 9)");
    const messages = [
      message("1.M,W=5", { uid: 3, flags: "S" }),
      message("2.M", { guid: "from-dsync", size: 9 }),
    ];
    const exceptions: ProofException[] = [];
    const exact = (folders: LedgerFolder[]) =>
      compareWithImap("a", folders, parseDialogue(text, 3), namespace, (e) => exceptions.push(e), {
        exact: true,
      });
    expect(exact([folder("", { messages })])).toMatchObject({ "on-both": 2, altered: 0, extra: 0 });
    expect(exceptions).toEqual([]);
    const others = [message("1.M,W=6", { uid: 3, guid: "1.M,W=5", flags: "S" }), message("3.M")];
    expect(exact([folder("", { messages: others })])).toMatchObject({ altered: 1, missing: 1, extra: 1 });
  });

  test("tells a folder whose UIDs no file of old told, where they are expected", () => {
    const unknown = {
      uidValidity: undefined,
      nextUid: undefined,
      hidesUids: true,
      messages: [message("1"), message("2")],
    };
    const told: string[] = [];
    const look = (expectUids: boolean) =>
      compareWithImap(
        "a",
        [folder("", unknown)],
        parseDialogue(answers, 3),
        namespace,
        (e) => told.push(e.difference),
        {
          expectUids,
        },
      );
    expect(look(false)).toMatchObject({ "on-both": 2, "uids-unknown": 0 });
    expect(look(true)).toMatchObject({ "on-both": 2, "uids-unknown": 1 });
    expect(told).toEqual(["uids-unknown"]);
  });

  test("asks for folders by their names", () => {
    expect(imapNames([folder("", {}), folder(".Lists.Dev", {})], namespace)).toEqual(["INBOX", "Lists.Dev"]);
  });
});
