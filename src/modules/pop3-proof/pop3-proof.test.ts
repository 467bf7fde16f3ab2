import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { LedgerFolder } from "../../mail/ledger.ts";
import { ledgerBytes } from "../../mail/testing/fake-ledger.ts";
import { fakeContext } from "../testing/fake-context.ts";
import { FakeHost } from "../testing/fake-host.ts";
import { localShellWith } from "../testing/local-shell.ts";
import { lookWith, refuses } from "../testing/run-module.ts";
import { type Pop3ProofArgs, pop3Proof } from "./pop3-proof.ts";

/** Stands for `doveadm exec pop3 -o … -u USER`: keeps what it was asked, and answers from USER's file. */
const program = `#!/bin/sh
here=\${0%/*}
for user do :; done
{ printf '%s\\n' "$*"; sed '/STAT/q'; } >>"$here/asked"
cat "$here/$user" || { echo 'Fatal: Unknown user' >&2; exit 89; }
`;

function folder(user: string, directory: string, uids: readonly (number | undefined)[]): LedgerFolder {
  return {
    ...{ maildir: `example.org/${user}/Maildir`, directory, uidValidity: 17, nextUid: 9, subscriptions: [] },
    messages: uids.map((uid, at) => ({
      ...{ base: `${at}.M`, size: 1, flags: "S", keywords: "", uid, hash: undefined },
    })),
  };
}

function session(...uidls: readonly string[]): string {
  const listed = uidls.map((uidl, index) => `${index + 1} ${uidl}\r\n`);
  return `+OK Logged in.\r\n+OK\r\n${listed.join("")}.\r\n+OK 1 100\r\n`;
}

async function prove(
  sessions: Readonly<Record<string, string>>,
  folders: readonly LedgerFolder[],
  words: Partial<Pop3ProofArgs> = {},
  users = "a@example.org\nb@example.org\n",
) {
  const directory = await mkdtemp(join(tmpdir(), "mailferry-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  await writeFile(join(directory, "doveadm"), program, { mode: 0o755 });
  for (const [user, text] of Object.entries(sessions)) await writeFile(join(directory, user), text);
  const context = fakeContext();
  await writeFile(await context.runFile("ledger-old"), ledgerBytes({}, folders));
  const host = new FakeHost({
    commands: [
      { argv: ["doveconf"], answer: "mailbox Trash {\n  mailbox_autoexpunge = 30d\n}\n" },
      { argv: ["doveadm", "user", "*"], answer: users },
      { argv: ["sh", "-c"], answer: "" },
      { argv: ["xargs"], answer: localShellWith(directory) },
    ],
  });
  const args = { ledger: "ledger-old", uidl_format: "%u-%v", ...words };
  return {
    look: lookWith(pop3Proof, args, host, context),
    asked: () => readFile(join(directory, "asked"), "utf8"),
    proof: async () => readFile((await context.lastRunFile("pop3-proof.jsonl")) ?? "", "utf8"),
  };
}

const both = [folder("a", "", [1, 2, undefined]), folder("a", ".Sent", [5]), folder("b", "", [7])];

describe("pop3_proof", () => {
  test("finds old's ids in the INBOX of each user, and leaves no trace", async () => {
    const sessions = { "a@example.org": session("1-17", "2-17", "3-17"), "b@example.org": session("7-17") };
    const { look, asked } = await prove(sessions, both);
    const { result, message } = await look;
    expect(result).toMatchObject({ users: 2, messages: 3, missing: 0, extra: 1, verdict: "complete" });
    expect(message).toBe("3 messages of 2 users known by POP3, 1 extra");
    const said = await asked();
    expect(said).toContain(
      "exec pop3 -o mailbox/Trash/mailbox_autoexpunge=0 -o pop3_no_flag_updates=yes -o pop3_save_uidl=no -o pop3_lock_session=no -u a@example.org\n",
    );
    expect(said).toContain("UIDL\r\nSTAT\r\n");
    expect(said).not.toMatch(/DELE|RETR/);
  });

  test.each(["-Atouch", "$(touch attacked)", 'o\'brien "x" `touch attacked`', "a;touch attacked&", "*"])(
    "asks for the user %s, and for nobody else",
    async (name) => {
      const user = `${name}@example.org`;
      const { look, asked } = await prove(
        { [user]: session("1-17") },
        [folder(name, "", [1])],
        {},
        `${user}\n`,
      );
      expect((await look).result).toMatchObject({ users: 1 });
      expect(await asked()).toContain(` -u ${user}\n`);
      expect(existsSync("attacked")).toBe(false);
    },
  );

  test("fails when a client would load a message again, and names it", async () => {
    const sessions = { "a@example.org": session("1-17", "2-17"), "b@example.org": session("17.7") };
    const { look, proof } = await prove(sessions, both);
    await expect(look).rejects.toMatchObject({
      kind: "proof-failed",
      message: expect.stringMatching(/1 missing[\s\S]*b@example\.org 0\.M: no message has the id 7-17/),
    });
    expect(await proof()).toContain('"uidl":"7-17"');
    const told = await prove(sessions, both, { allow_missing: true });
    expect((await told.look).result).toMatchObject({ missing: 1, extra: 1, verdict: "failed" });
  });

  test("fails when a session breaks off, also where messages may be missing", async () => {
    const { look } = await prove({ "a@example.org": session("1-17", "2-17") }, both, { allow_missing: true });
    await expect(look).rejects.toThrow("b@example.org: no whole POP3 session: Fatal: Unknown user");
  });

  test("proves nothing without users, and says so of a format that it can't follow", async () => {
    const nobody = await prove({}, [folder("gone", "", [1])]);
    await expect(nobody.look).rejects.toThrow("no mailbox of any user");
    const { look } = await prove({}, both, { uidl_format: "%Mf" });
    await expect(look).rejects.toThrow("which ids %Mf makes can't be told");
  });

  test.each([{}, { ledger: "l" }, { ledger: "l", uidl_format: "" }])("does not take %j", (args) => {
    expect(refuses(pop3Proof, args)).toBeDefined();
  });
});
