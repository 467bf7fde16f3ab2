import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { LedgerFolder } from "../../mail/ledger.ts";
import { ledgerBytes } from "../../mail/testing/fake-ledger.ts";
import { type FakeContext, fakeContext } from "../testing/fake-context.ts";
import { FakeHost } from "../testing/fake-host.ts";
import { localShellWith } from "../testing/local-shell.ts";
import { lookWith, refuses } from "../testing/run-module.ts";
import { type ImapProofArgs, imapProof } from "./imap-proof.ts";

/** Stands for `doveadm exec imap -o … -u USER`: keeps what it was asked, and answers from USER's file. */
const program = `#!/bin/sh
here=\${0%/*}
for user do :; done
{ printf '%s\\n' "$*"; sed '/NOOP/q'; } >>"$here/asked"
cat "$here/$user" || { echo 'Fatal: Unknown user' >&2; exit 89; }
`;

const conf = `namespace inbox {
  mailbox Trash {
    mailbox_autoexpunge = 30d
  }
}
plugin {
  last_login_dict = file:%h/login
}
`;

function folder(user: string, directory: string, uids: number[]): LedgerFolder {
  return {
    ...{ maildir: `example.org/${user}/Maildir`, directory, uidValidity: 17, nextUid: 1, subscriptions: [] },
    messages: uids.map((uid) => ({
      ...{ base: `${uid}.M`, size: 1, flags: "S", keywords: "", uid, hash: undefined },
    })),
  };
}

function session(separator: string, opened: readonly (readonly [number, readonly number[]])[]): string {
  const folders = opened.flatMap(([uidValidity, uids], index) => [
    `* ${uids.length} EXISTS`,
    `* OK [UIDVALIDITY ${uidValidity}] UIDs valid`,
    "* OK [UIDNEXT 99] Predicted next UID",
    uidValidity === 0 ? `e${index} NO Mailbox doesn't exist` : `e${index} OK [READ-ONLY] done`,
    ...uids.map((uid, at) => `* ${at + 1} FETCH (UID ${uid} FLAGS (\\Seen))`),
    `f${index} OK done`,
  ]);
  const lines = [
    "* PREAUTH hello",
    `* NAMESPACE (("" "${separator}")) NIL NIL`,
    "n OK",
    "s OK",
    ...folders,
    "l OK",
    "q BAD",
    "z7 OK done",
  ];
  return `${lines.join("\r\n")}\r\n`;
}

interface Setting {
  readonly sessions: Readonly<Record<string, string>>;
  readonly folders: readonly LedgerFolder[];
  readonly users?: string;
  readonly homes?: string;
}

async function prove(
  setting: Setting,
  words: Partial<ImapProofArgs> = {},
  runFiles: Readonly<Record<string, string>> = {},
) {
  const directory = await mkdtemp(join(tmpdir(), "mailferry-test-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  await writeFile(join(directory, "doveadm"), program, { mode: 0o755 });
  for (const [user, text] of Object.entries(setting.sessions)) await writeFile(join(directory, user), text);
  const context = fakeContext();
  await saveLedger(context, setting.folders);
  for (const [name, text] of Object.entries(runFiles)) await writeFile(await context.runFile(name), text);
  const users = setting.users ?? `${Object.keys(setting.sessions).join("\n")}\n`;
  const host = new FakeHost({
    commands: [
      { argv: ["doveconf"], answer: conf },
      { argv: ["doveadm", "user", "*"], answer: users },
      { argv: ["doveadm", "-c", "/etc/dovecot/inner.conf", "user", "*"], answer: users },
      { argv: ["sh", "-c"], answer: setting.homes ?? "" },
      { argv: ["xargs"], answer: localShellWith(directory) },
    ],
  });
  const look = lookWith(imapProof, { ledger: "ledger-old", ...words }, host, context);
  return { look, context, asked: () => readFile(join(directory, "asked"), "utf8") };
}

async function saveLedger(context: FakeContext, folders: readonly LedgerFolder[]): Promise<void> {
  await writeFile(await context.runFile("ledger-old"), ledgerBytes({}, folders));
}

const both = [folder("a", "", [1, 2]), folder("a", ".Sent", [5]), folder("b", "", [7])];

describe("imap_proof", () => {
  test("sees every message of every user, and switches off automatic expunges and the note of a login", async () => {
    const sessions = {
      "a@example.org": session(".", [
        [17, [1, 2]],
        [17, [5]],
      ]),
      "b@example.org": session(".", [[17, [7, 8]]]),
    };
    const { look, asked } = await prove({ sessions, folders: both });
    const { result, message } = await look;
    expect(result).toMatchObject({
      users: 2,
      folders: 3,
      messages: 4,
      missing: 0,
      extra: 1,
      verdict: "same",
    });
    expect(message).toBe("4 messages in 3 folders of 2 users seen by IMAP, 1 extra");
    const said = await asked();
    expect(said).toContain(
      "exec imap -o namespace/inbox/mailbox/Trash/mailbox_autoexpunge=0 -o plugin/last_login_dict= -u a@example.org\n",
    );
    expect(said).toContain('e1 EXAMINE "Sent"\r\n');
    expect(said).not.toMatch(/SELECT|STORE|EXPUNGE/);
  });

  test("asks again where the names are joined in another way", async () => {
    const sessions = { "a@example.org": session("/", [[17, [1]]]) };
    const { look, asked } = await prove({ sessions, folders: [folder("a", ".Lists.Dev", [1])] });
    expect((await look).result).toMatchObject({ missing: 0, folders_missing: 0 });
    expect(await asked()).toMatch(/EXAMINE "Lists\.Dev"[\s\S]*EXAMINE "Lists\/Dev"/);
  });

  test("fails on what clients would miss, and names it", async () => {
    const sessions = {
      "a@example.org": session(".", [
        [18, [1, 2]],
        [0, []],
      ]),
      "b@example.org": session(".", [[17, []]]),
    };
    const { look } = await prove({ sessions, folders: both });
    await expect(look).rejects.toMatchObject({
      kind: "proof-failed",
      message: expect.stringMatching(/2 missing, 1 uidvalidity-differs, 1 folder-missing[\s\S]*UID 7/),
    });
    const gone = { "b@example.org": session(".", [[17, []]]) };
    const told = await prove({ sessions: gone, folders: [folder("b", "", [7])] }, { allow_missing: true });
    expect((await told.look).result).toMatchObject({ missing: 1, extra: 0 });
  });

  test("flags count when it is strict", async () => {
    const flagged = session(".", [[17, [7]]]).replace("\\Seen", "\\Seen \\Flagged");
    const setting = { sessions: { "b@example.org": flagged }, folders: [folder("b", "", [7])] };
    await expect((await prove(setting)).look).rejects.toThrow("flags-differ");
    expect((await (await prove(setting, { strict: false })).look).result).toMatchObject({
      ...{ flags_differ: 1, verdict: "complete" },
    });
  });

  const limited = (quota: string) => ({
    sessions: { "b@example.org": session(".", [[17, [7]]]).replace("q BAD", quota) },
    folders: [folder("b", "", [7])],
  });
  const storage = (used: number, limit: number) =>
    `* QUOTAROOT INBOX Q\r\n* QUOTA Q (STORAGE ${used} ${limit})\r\nq OK done`;
  const noQuota = "q BAD Unknown command";

  test("keeps what limits each user on old, and tells where new's limits are others", async () => {
    const before = await prove(limited(storage(7, 512)), { save_as: "on-old" });
    await before.look;
    expect(await before.asked()).toContain("q GETQUOTAROOT INBOX\r\nz");
    const onOld = await readFile((await before.context.lastRunFile("on-old.jsonl")) ?? "", "utf8");
    const onNew = async (quota: string, words: Partial<ImapProofArgs> = {}) =>
      prove(limited(quota), { quotas: "on-old", ...words }, { "on-old.jsonl": onOld });

    const same = await onNew(storage(9, 512));
    expect((await same.look).result).toMatchObject({ quotas_differ: 0, verdict: "same" });
    expect(same.context.notices).toEqual([]);

    const told = "quota-differs: b@example.org STORAGE (old: 7 of 512 KiB used, new: ";
    const smaller = await onNew(storage(7, 256), { strict: false });
    expect((await smaller.look).result).toMatchObject({
      ...{ quotas_differ: 1, verdict: "complete", exceptions: [`${told}7 of 256 KiB used)`] },
    });
    expect(smaller.context.notices).toEqual([expect.stringContaining(`${told}7 of 256 KiB used)`)]);
    await expect((await onNew(storage(600, 512))).look).rejects.toThrow(`${told}600 of 512 KiB used)`);
    await expect((await onNew(noQuota)).look).rejects.toThrow(`${told}none)`);
  });

  test("takes a server without quota for one that limits nobody", async () => {
    const before = await prove(limited(noQuota), { save_as: "on-old" });
    await before.look;
    const onOld = await readFile((await before.context.lastRunFile("on-old.jsonl")) ?? "", "utf8");
    const unlimited = '* QUOTAROOT INBOX "User quota"\r\n* QUOTA "User quota" ()\r\nq OK done';
    const after = await prove(limited(unlimited), { quotas: "on-old" }, { "on-old.jsonl": onOld });
    expect((await after.look).result).toMatchObject({ quotas_differ: 0, verdict: "same" });
    expect(after.context.notices).toEqual([]);
  });

  test("tells whose limits it could not compare", async () => {
    const unasked = await prove(limited(storage(1, 9)), { quotas: "on-old" });
    await unasked.look;
    expect(unasked.context.notices).toEqual([expect.stringContaining("old was not asked")]);
    const onOld = { "on-old.jsonl": '{"type":"quota","mailbox":"b","maildir":"b","limits":null}\n' };
    const unknown = await prove(limited(storage(1, 9)), { quotas: "on-old" }, onOld);
    expect((await unknown.look).result).toMatchObject({ quotas_differ: 0 });
    expect(unknown.context.notices).toEqual([expect.stringMatching(/limits 1 users .* was not compared/)]);
  });

  test("a session that does not come to its end fails it", async () => {
    const { look } = await prove({ sessions: {}, folders: [folder("b", "", [7])], users: "b@example.org\n" });
    await expect(look).rejects.toThrow("b@example.org: no whole IMAP session: Fatal: Unknown user");
  });

  test("finds users by their homes, and tells of mailboxes without one", async () => {
    const sessions = { bob: session(".", [[17, [7]]]) };
    const folders = [folder("b", "", [7]), folder("gone", "", [1])];
    const { look, context } = await prove({ sessions, folders, homes: "/var/vmail/example.org/b\n\0" });
    expect((await look).result).toMatchObject({ users: 1, mailboxes_without_user: 1 });
    expect(context.notices).toEqual([expect.stringContaining("example.org/gone")]);
  });

  test("finds the user of a mailbox that is called by the whole address", async () => {
    const sessions = { "b@example.org": session(".", [[17, [7]]]) };
    const mailbox = { ...folder("b", "", [7]), maildir: "example.org/b@example.org" };
    const { look } = await prove({ sessions, folders: [mailbox] });
    expect((await look).result).toMatchObject({ users: 1, mailboxes_without_user: 0 });
  });

  test("finds the user of a mailbox below the directory of one domain", async () => {
    const sessions = {
      "b@example.org": session(".", [[17, [7]]]),
      "b@example.net": session(".", [[17, [9]]]),
    };
    const mailbox = { ...folder("b", "", [7]), maildir: "b" };
    const { look } = await prove({ sessions, folders: [mailbox] }, { path: "/var/vmail/example.org" });
    expect((await look).result).toMatchObject({ users: 1, messages: 1, mailboxes_without_user: 0 });
  });

  test("no user at all is an error, and so is a wanted user without a mailbox", async () => {
    const folders = [folder("b", "", [7])];
    await expect((await prove({ sessions: {}, folders, users: "" })).look).rejects.toThrow("lists no users");
    const sessions = { "b@example.org": session(".", [[17, [7]]]) };
    const other = await prove({ sessions, folders }, { users: ["b@example.org", "z@example.org"] });
    await expect(other.look).rejects.toThrow("no mailbox of z@example.org");
    const none = await prove({ sessions: {}, folders, users: "x@example.net\n", homes: "/home/x\n\0" });
    await expect(none.look).rejects.toThrow("no mailbox of any user");
  });

  test.each([
    {},
    { ledger: "" },
    { ledger: "l", path: "vmail" },
    { ledger: "l", users: [] },
    { ledger: "l", exact: true, strict: false },
    { ledger: "l", exact: true, allow_missing: true },
    { ledger: "l", exact: true, users: ["a"] },
    { ledger: "l", exact: true, quotas: "on-old" },
    { ledger: "l", allow_without_user: true },
  ])("does not take %j", (args) => {
    expect(refuses(imapProof, args)).toBeDefined();
  });
});

describe("imap_proof, exact", () => {
  const one = "* 1 FETCH (UID 7 FLAGS (\\Seen) X-GUID 7.M RFC822.SIZE 2)";
  const exactly = (fetched: readonly string[], ...status: readonly string[]): string =>
    [
      ...['* NAMESPACE (("" ".")) NIL NIL', "n OK", "s OK", "l OK"],
      ...["* STATUS INBOX (MESSAGES 1)", ...status, "* 1 EXISTS"],
      "* OK [UIDVALIDITY 17] UIDs valid",
      "e0 OK [READ-ONLY] done",
      ...fetched,
      "f0 OK done",
      "q BAD",
      "z7 OK done\r\n",
    ].join("\r\n");
  const of = (answers: string) => ({
    sessions: { "b@example.org": answers },
    folders: [folder("b", "", [7])],
  });

  test("is a proof of the host that the ledger is of and of this one, asked of another Dovecot", async () => {
    const { look, asked } = await prove(of(exactly([one])), {
      exact: true,
      config: "/etc/dovecot/inner.conf",
    });
    const { proof, result } = await look;
    expect(proof).toEqual({ oldHost: "mail-old", newHost: "mail-new", takenAt: "2024-01-01" });
    expect(result).toMatchObject({ verdict: "same", messages: 1 });
    const said = await asked();
    expect(said).toMatch(/^-c \/etc\/dovecot\/inner\.conf exec imap -o /);
    expect(said).toContain("UID FETCH 1:* (FLAGS X-GUID RFC822.SIZE)");
    expect((await (await prove(of(exactly([one])))).look).proof).toBeUndefined();
  });

  test.each<[string, string, RegExp]>([
    ["another message under its UID", exactly([one.replace("7.M", "8.M")]), /altered.*GUID 7\.M.*GUID 8\.M/],
    ["fewer bytes", exactly([one.replace("SIZE 2", "SIZE 0")]), /altered.*1 bytes.*0 bytes/],
    ["a message more", exactly([one, "* 2 FETCH (UID 9 FLAGS () X-GUID 9.M RFC822.SIZE 2)"]), /extra.*9\.M/],
    ["no message", exactly([]), /missing.*7\.M/],
    ["a folder more", exactly([one], '* STATUS "Lists Dev" (MESSAGES 3)'), /folder-extra.*Lists Dev.*3 mess/],
  ])("fails on %s, and tells later copies", async (_what, answers, told) => {
    const { look, context } = await prove(of(answers), { exact: true });
    await expect(look).rejects.toMatchObject({ kind: "proof-failed", message: expect.stringMatching(told) });
    expect(await context.lastRunFile("proof-failed")).toBeDefined();
  });

  test("lets an empty folder be, that new makes for each user", async () => {
    const { look } = await prove(of(exactly([one], "* STATUS Junk (MESSAGES 0)")), { exact: true });
    expect((await look).result).toMatchObject({ verdict: "same" });
  });

  test("fails on mail of a user of whom old has no mailbox", async () => {
    const setting = of(exactly([one]));
    const sessions = { ...setting.sessions, "c@example.org": exactly([]) };
    const { look } = await prove({ ...setting, sessions, homes: "\0" }, { exact: true });
    await expect(look).rejects.toThrow(/folder-extra: c@example\.org INBOX/);
  });

  test("a mailbox without a user fails it, unless that is said to be fine", async () => {
    const setting = of(exactly([one]));
    const more = { ...setting, folders: [...setting.folders, folder("gone", "", [1])] };
    await expect((await prove(more, { exact: true })).look).rejects.toThrow("example.org/gone: no user");
    const { look, context } = await prove(more, { exact: true, allow_without_user: true });
    expect((await look).proof).toBeDefined();
    expect(context.notices).toEqual([expect.stringContaining("example.org/gone")]);
  });
});
