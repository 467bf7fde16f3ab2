import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { FakeHost } from "../testing/fake-host.ts";
import { localShellWith } from "../testing/local-shell.ts";
import { lookWith, refuses, runModule } from "../testing/run-module.ts";
import { doveadm } from "./doveadm.ts";
import { doveadmLook } from "./doveadm-look.ts";
import { dovecotNamespace } from "./dovecot-namespace.ts";
import { dovecotPop3 } from "./dovecot-pop3.ts";
import { dovecotSchemes } from "./dovecot-schemes.ts";

describe("doveadm", () => {
  test("runs a job for one user, for all, or for those of a list", async () => {
    const host = new FakeHost({
      files: { "/var/lib/mailferry": { type: "directory" } },
      commands: [{ argv: ["doveadm"], answer: "done\n" }],
    });
    const command = "force-resync";
    const one = await runModule(doveadm, { command, user: "a@example.org", arguments: ["*"] }, host);
    expect(one.change?.summary).toBe("doveadm force-resync for a@example.org");
    expect(one.applied?.result).toEqual({ exit_code: 0, stdout: "done", stderr: "" });
    await runModule(
      doveadm,
      { command: "mailbox create", all_users: true, options: { mail_debug: "no" } },
      host,
    );
    await runModule(doveadm, { command, users: ["a@example.org", "b"], arguments: ["*"] }, host);
    expect(host.changesRun()).toEqual([
      "doveadm force-resync -u a@example.org *",
      "doveadm -o mail_debug=no mailbox create -A",
      "doveadm force-resync -F /var/lib/mailferry/doveadm-users *",
      "rm -f -- /var/lib/mailferry/doveadm-users",
    ]);
    expect(host.writes[0]).toMatchObject({
      content: Buffer.from("a@example.org\nb\n"),
      options: { mode: "0600" },
    });
  });

  test("fails by exit code, and for users of a list that it passes over", async () => {
    const missing = new FakeHost({
      commands: [{ argv: ["doveadm"], answer: { exitCode: 67, stderr: "no" } }],
    });
    await expect(runModule(doveadm, { command: "index", user: "x" }, missing)).rejects.toThrow(
      "exit code 67",
    );
    const accepted = await runModule(doveadm, { command: "index", user: "x", accept: [0, 67] }, missing);
    expect(accepted.applied?.result).toMatchObject({ exit_code: 67 });
    const stderr = "doveadm(x): Info: cmd force-resync: User no longer exists, skipping\n";
    const skipping = new FakeHost({
      files: { "/var/lib/mailferry": { type: "directory" } },
      commands: [{ argv: ["doveadm"], answer: { stderr } }],
    });
    const listed = runModule(doveadm, { command: "force-resync", users: ["x"] }, skipping);
    await expect(listed).rejects.toThrow("knows no user x");
  });

  test.each<[string, object]>([
    ["no command", {}],
    ["two kinds of users", { command: "index", user: "a", all_users: true }],
    ["a user with a line end", { command: "index", users: ["a\nb"] }],
    ["an unknown word", { command: "index", mailbox: "x" }],
  ])("does not take %s", (_what, args) => {
    expect(refuses(doveadm, args)).toBeDefined();
    expect(refuses(doveadmLook, args)).toBeDefined();
  });
});

describe("doveadm_look", () => {
  const table = "Username\tmailbox\tmessages\na\tINBOX\t3\nb\tINBOX\t4\n";
  test("hands back rows, or text", async () => {
    const host = new FakeHost({
      commands: [
        { argv: ["doveadm", "-f", "tab", "mailbox", "status", "-A", "messages", "INBOX"], answer: table },
        { argv: ["doveadm", "-f", "tab", "mailbox", "list", "-u"], answer: "mailbox\nINBOX\n" },
        { argv: ["doveadm", "pw", "-l"], answer: "CRYPT PLAIN \n" },
      ],
    });
    const status = { command: "mailbox status", arguments: ["messages", "INBOX"], all_users: true };
    expect((await lookWith(doveadmLook, { ...status, limit: 1 }, host)).result).toEqual({
      rows: [{ username: "a", mailbox: "INBOX", messages: 3 }],
      ...{ count: 2, truncated: true },
    });
    expect(
      (await lookWith(doveadmLook, { command: "mailbox list", users: ["a", "b"] }, host)).result?.rows,
    ).toEqual([
      { username: "a", mailbox: "INBOX" },
      { username: "b", mailbox: "INBOX" },
    ]);
    expect((await lookWith(doveadmLook, { command: "pw -l", rows: false }, host)).result).toEqual({
      stdout: "CRYPT PLAIN",
    });
  });
});

test("dovecot_namespace tells how folders are named, or that Dovecot does not say", async () => {
  const conf = "mail_driver = sdbox\nnamespace inbox {\n  inbox = yes\n  separator = .\n}\n";
  const host = new FakeHost({ commands: [{ argv: ["sh", "-c"], answer: conf }] });
  expect((await lookWith(dovecotNamespace, { config: "/etc/dovecot/x.conf" }, host)).result).toEqual({
    ...{ separator: ".", separator_is_said: true, prefix: "", format: "sdbox" },
    ...{ layout: "fs", directory: "", options: {}, plugins: [] },
  });
  expect(host.commands[0]?.argv.slice(-2)).toEqual(["-c", "/etc/dovecot/x.conf"]);
  host.answer(["sh", "-c"], { exitCode: 127, stderr: "dovecot: not found" });
  await expect(lookWith(dovecotNamespace, {}, host)).rejects.toThrow("dovecot: not found");
  expect(refuses(dovecotNamespace, { config: "x" })).toBeDefined();
});

describe("dovecot_pop3", () => {
  const usual = {
    on: true,
    uidl_format: "%{uid|hex(8)}%{uidvalidity|hex(8)}",
    reuse_xuidl: false,
    provable: true,
  };
  const off = { on: false, uidl_format: "", reuse_xuidl: false, provable: false };
  test.each([
    ["protocols =  imap pop3\npop3_uidl_format = %08Xu%08Xv\npop3_reuse_xuidl = no\n", usual],
    [
      "protocols {\n  pop3 = yes\n}\npop3_uidl_format = %{uid | hex(8)}%{uidvalidity | hex(8)}\npop3_reuse_xuidl = no\n",
      usual,
    ],
    [
      "protocols = imap pop3s\npop3_uidl_format = %v.%u\npop3_reuse_xuidl = yes\n",
      { on: true, uidl_format: "%{uidvalidity}.%{uid}", reuse_xuidl: true, provable: false },
    ],
    [
      "protocols = pop3\npop3_uidl_format = %m\npop3_reuse_xuidl = no\n",
      { on: true, uidl_format: "%{md5}", reuse_xuidl: false, provable: false },
    ],
    ["protocols =  imap lmtp\n", off],
    ["protocols {\n  pop3 = no\n}\n", off],
  ])("reads %j", async (answer, found) => {
    const host = new FakeHost({ commands: [{ argv: ["sh", "-c"], answer }] });
    expect((await lookWith(dovecotPop3, { config: "/etc/dovecot/x.conf" }, host)).result).toEqual(found);
    expect(host.commands[0]?.argv.slice(-2)).toEqual(["-c", "/etc/dovecot/x.conf"]);
  });

  test("asks a Dovecot of before doveconf for all its settings", async () => {
    const directory = await mkdtemp(join(tmpdir(), "mailferry-"));
    onTestFinished(() => rm(directory, { recursive: true, force: true }));
    const said =
      "protocols: imap imaps pop3 pop3s\npop3_uidl_format(default): %08Xu%08Xv\npop3_uidl_format(pop3): UID%u-%v\npop3_reuse_xuidl: no";
    await writeFile(
      join(directory, "dovecot"),
      `#!/bin/sh\n[ "$1" != --version ] || exec echo 1.2.15\necho '${said}'\n`,
      { mode: 0o755 },
    );
    const host = new FakeHost({ commands: [{ argv: ["sh", "-c"], answer: localShellWith(directory) }] });
    expect((await lookWith(dovecotPop3, {}, host)).result).toEqual({
      ...{ on: true, uidl_format: "UID%{uid}-%{uidvalidity}", reuse_xuidl: false, provable: true },
    });
  });

  test("fails where Dovecot does not answer", async () => {
    const host = new FakeHost({
      commands: [{ argv: ["sh", "-c"], answer: { exitCode: 127, stderr: "dovecot: not found" } }],
    });
    await expect(lookWith(dovecotPop3, {}, host)).rejects.toThrow("dovecot: not found");
    host.answer(["sh", "-c"], { stdout: "protocols = pop3\n", stderr: "Unknown setting: pop3_uidl_format" });
    await expect(lookWith(dovecotPop3, {}, host)).rejects.toThrow("Unknown setting");
  });
});

test("dovecot_schemes tells which are refused, and why", async () => {
  const host = new FakeHost({
    commands: [
      { argv: ["dovecot", "--version"], answer: "2.4.1-4 (7d8c0e5759)\n" },
      { argv: ["doveadm", "pw", "-l"], answer: "CRYPT MD5-CRYPT BLF-CRYPT \n" },
      { argv: ["doveconf", "-h", "auth_allow_weak_schemes"], answer: "no\n" },
    ],
  });
  const { result, message } = await lookWith(
    dovecotSchemes,
    { schemes: ["BLF-CRYPT", "MD5-CRYPT", "BLF-CRYPT"] },
    host,
  );
  expect(result).toEqual({
    accepted: ["BLF-CRYPT"],
    refused: [{ scheme: "MD5-CRYPT", reason: expect.stringContaining("weak") }],
  });
  expect(message).toContain("MD5-CRYPT: ");
  host.answer(["dovecot", "--version"], "2.3.13 (89f716dc2)\n");
  host.answer(["doveconf"], { exitCode: 89 });
  expect((await lookWith(dovecotSchemes, { schemes: ["MD5-CRYPT"] }, host)).result).toMatchObject({
    refused: [],
  });
  expect(refuses(dovecotSchemes, {})).toBeDefined();
});
