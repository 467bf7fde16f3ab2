import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { fakeContext } from "../testing/fake-context.ts";
import { FakeHost } from "../testing/fake-host.ts";
import { lookWith, refuses } from "../testing/run-module.ts";
import { type ImapCopyProofArgs, imapCopyProof } from "./imap-copy-proof.ts";
import { FakeImapServer } from "./testing/fake-imap-server.ts";
import { FakeMailbox, letter } from "./testing/fake-mailbox.ts";

/** Two servers where john has the same mail, with other UIDs, and names joined in another way. */
async function setUp(quotas: { readonly old?: string; readonly current?: string } = {}) {
  const [before, after] = [new FakeMailbox(1000), new FakeMailbox(2000)];
  for (const [mailbox, folder] of [
    [before, "Lists.Dev"],
    [after, "Lists/Dev"],
  ] as const) {
    mailbox.add("INBOX", letter("1@x"), ["\\Seen", "$Label1"]);
    mailbox.add("INBOX", letter(undefined, "no id"));
    mailbox.add(folder, letter("2@x"));
    mailbox.subscribed.add(folder);
  }
  after.folders.get("INBOX")?.messages.reverse();
  const old = await FakeImapServer.start({ john: before }, { separator: ".", ...quotaOf(quotas.old) });
  const current = await FakeImapServer.start({ john: after }, { separator: "/", ...quotaOf(quotas.current) });
  const at = (port: number) => ({ address: "127.0.0.1", port, tls: "none", timeout: 20 }) as const;
  const master = { master_user: "master", master_password: "canary" };
  const args: ImapCopyProofArgs = {
    old: { ...at(old.port), ...master },
    new: { ...at(current.port), ...master },
    users: ["john"],
    strict: true,
  };
  const context = fakeContext();
  const prove = (words: Partial<ImapCopyProofArgs> = {}) =>
    lookWith(imapCopyProof, { ...args, ...words }, new FakeHost(), context);
  return { before, after, old, current, args, context, prove };
}

function quotaOf(quota: string | undefined): { quota?: string } {
  return quota === undefined ? {} : { quota };
}

describe("imap_copy_proof", () => {
  test.each([
    ["STORAGE 10 512000", "STORAGE 700 512000", undefined],
    [
      "STORAGE 10 512000 MESSAGE 1 9",
      "STORAGE 10 1024000",
      /: 2\. quota-differs: john MESSAGE \(old: 1 of 9 messages used, new: none\); /,
    ],
    [
      "",
      "STORAGE 600000 512000",
      /: 1\. quota-differs: john STORAGE \(old: none, new: 600000 of 512000 KiB used\)$/,
    ],
    ["STORAGE 10 512000", undefined, /^What limits 1 users \(quota\) was not compared/],
  ])("limits of users, old's %s and new's %s, are told and stop nothing", async (old, current, notice) => {
    const { context, prove } = await setUp({ old, ...(current === undefined ? {} : { current }) });
    const { proof, result } = await prove();
    expect(proof).toBeDefined();
    expect(result).toMatchObject({ missing: 0, on_both: 3 });
    expect(context.notices).toEqual(notice === undefined ? [] : [expect.stringMatching(notice)]);
  });

  test("agrees on what is the same, keeps the proof, and opens everything read-only", async () => {
    const { old, current, context, prove } = await setUp();
    const { result, message, proof } = await prove();
    expect(result).toMatchObject({ on_both: 3, missing: 0, mailboxes: 1, verdict: "same" });
    expect(message).toBe("3 messages of 1 mailboxes are on both hosts: nothing differs");
    expect(proof).toMatchObject({ oldHost: "127.0.0.1", newHost: "127.0.0.1" });
    const lines = (await readFile(String(result?.file), "utf8")).trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line).type)).toEqual(["proof", "mailbox", "total"]);
    expect(await readFile(await context.runFile("imap-copy-proof.txt"), "utf8")).toBe(`${message}\n`);
    expect(
      old.heard.concat(current.heard).filter((line) => /SELECT|STORE|APPEND|CREATE|EXPUNGE/.test(line)),
    ).toEqual([]);
  });

  test("is of the hosts of the inventory that have these addresses", async () => {
    const { args } = await setUp();
    const peers = [
      new FakeHost({ name: "mail-old", address: "127.0.0.1" }),
      new FakeHost({ name: "mail-new", address: "192.0.2.20" }),
    ];
    const context = fakeContext({ peers, sides: { old: ["mail-old"], new: ["mail-new"] } });
    const { proof } = await lookWith(imapCopyProof, args, new FakeHost(), context);
    expect(proof).toMatchObject({ oldHost: "mail-old", newHost: "127.0.0.1" });
  });

  test("the way back: what new has is on old", async () => {
    const { before, after, prove } = await setUp();
    before.add("INBOX", letter("deleted on new@x"));
    const { proof } = await prove({ back: true, allow_extra: true });
    expect(proof).toMatchObject({ isBack: true });
    after.add("Made/Here", letter("new@x"));
    await expect(prove({ back: true, allow_extra: true })).rejects.toThrow("new@x");
  });

  test("names everything that differs, and what may", async () => {
    const { before, after, prove } = await setUp();
    before.add("INBOX", letter("lost@x"));
    before.add("Gone", letter("3@x"));
    after.add("INBOX", letter("new@x"));
    const flagged = after.folders.get("INBOX")?.messages.find(({ flags }) => flags.length > 0);
    if (flagged !== undefined) flagged.flags = ["\\Seen"];
    after.subscribed.clear();
    const told = await prove().catch((error: Error) => error);
    expect(told).toMatchObject({ kind: "proof-failed" });
    const { message } = told as Error;
    for (const line of [
      "2 missing, 1 extra, 1 flags-differ, 1 folder-missing, 1 subscription-missing: the proof failed",
      "missing: john INBOX <lost@x> (UID 3, ",
      "missing: john Gone <3@x>",
      "folder-missing: john Gone",
      "subscription-missing: john Lists/Dev",
      "flags-differ: john INBOX <1@x> (UID 1, 37 bytes) (old: $Label1 \\Seen, new: \\Seen)",
    ]) {
      expect(message).toContain(line);
    }
    const lenient = await prove({ strict: false, allow_missing: true });
    expect(lenient.result).toMatchObject({ missing: 2, verdict: "complete" });
    expect(lenient.proof).toBeUndefined();
    await expect(prove({ strict: false })).rejects.toMatchObject({ kind: "proof-failed" });
  });

  test("new mail on new is fine where that was said", async () => {
    const { after, prove } = await setUp();
    after.add("INBOX", letter("new@x"));
    await expect(prove()).rejects.toThrow("1 extra");
    expect((await prove({ allow_extra: true })).proof).toBeDefined();
  });

  test("a user that can't be seen fails it, whatever is allowed", async () => {
    const { prove } = await setUp();
    const look = prove({ users: ["john", "jane"], strict: false, allow_missing: true });
    await expect(look).rejects.toThrow(/not seen: jane: .*the login of jane failed/);
  });

  test("no message at all proves nothing, nor does one server that is both", async () => {
    const { before, after, args, prove } = await setUp();
    await expect(prove({ new: args.old })).rejects.toThrow(
      /look like one folder: UIDVALIDITY 1000 .*\n +→ Do both addresses/,
    );
    for (const mailbox of [before, after]) {
      for (const folder of mailbox.folders.values()) folder.messages = [];
    }
    await expect(prove()).rejects.toThrow("that proves nothing");
    expect((await prove({ allow_empty: true })).result).toMatchObject({ on_both: 0, verdict: "same" });
  });

  test.each([{}, { old: { address: "a" }, new: { address: "b" } }, { users: ["x"] }])(
    "does not take %j",
    (args) => {
      expect(refuses(imapCopyProof, args)).toBeDefined();
    },
  );
});
