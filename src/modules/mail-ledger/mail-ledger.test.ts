import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { fakeContext } from "../testing/fake-context.ts";
import { type FakeCommand, FakeHost } from "../testing/fake-host.ts";
import { localShell } from "../testing/local-shell.ts";
import { lookWith, refuses } from "../testing/run-module.ts";
import { mailLedger } from "./mail-ledger.ts";

/** A mail root on this machine: users called as a Maildir's directories are, odd names, leftovers. */
async function mailRoot(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "mailferry-test-"));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const write = async (name: string, content: string): Promise<void> => {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(Buffer.from(join(root, name), "latin1"), content);
  };
  for (const user of ["john", "john-x", "new", "cur", "tmp"]) {
    const maildir = `example.org/${user}/Maildir`;
    for (const folder of ["", ".Sent/"]) {
      for (const name of ["cur", "new", "tmp"]) {
        await mkdir(join(root, maildir, folder, name), { recursive: true });
      }
    }
    await write(`${maildir}/cur/1.a,S=3:2,Sa`, "abc");
    await write(`${maildir}/new/2.b`, "de");
    await write(`${maildir}/tmp/3.c`, "never counted");
    await write(`${maildir}/cur/.1.a.XYZ123`, "a copy that was cut off");
    await write(`${maildir}/dovecot-uidlist`, "3 V17 N4 Gx\n1 :1.a,S=3\n");
    await write(`${maildir}/dovecot-keywords`, "0 $Forwarded\n");
    await write(`${maildir}/dovecot.index.log`, "rebuilt");
    await write(`${maildir}/subscriptions`, "V\t2\n\nSent\n");
  }
  await write("example.org/john/Maildir/.Sent/cur/9.\u00ff\nodd:2,F", "x");
  await write("example.org/lame/cur/1.only-cur:2,", "x");
  await write("example.org/john/sieve/x.sieve", "keep;");
  await symlink("sieve/x.sieve", join(root, "example.org/john/.dovecot.sieve"));
  return root;
}

function hostWith(root: string, more: readonly FakeCommand[] = []): FakeHost {
  return new FakeHost({
    name: "mail-old",
    files: { [root]: { type: "directory" } },
    commands: [...more, { argv: ["sh"], answer: localShell }],
  });
}

describe("mail_ledger", () => {
  test("lists every message with what is known of it", async () => {
    const root = await mailRoot();
    const context = fakeContext();
    const args = { path: root, save_as: "ledger-old", hash: "sha256" as const };
    const { result, message } = await lookWith(mailLedger, args, hostWith(root), context);
    expect(result).toMatchObject({
      ...{ mailboxes: 6, folders: 11, messages: 12, without_uid: 7, other_files: 2, hash: "sha256" },
      layouts: { "maildir++": 5 },
    });
    expect(Object.values(result?.owners as object)).toEqual([12]);
    expect(message).toBe("12 messages in 11 folders of 6 mailboxes");
    const lines = (await readFile(String(result?.file), "latin1")).split("\n");
    expect(lines[0]).toContain(`"root":"${root}","hash":"sha256"`);
    const at = lines.indexOf("F\texample.org/john/Maildir\t\t17\t4");
    expect(lines.slice(at + 1, at + 6)).toEqual([
      "S\tSent",
      `M\t1.a,S=3\t3\tS\t$Forwarded\t1\t${"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}`,
      expect.stringMatching(/^M\t2\.b\t2\t\t\t\t[0-9a-f]{64}$/),
      "F\texample.org/john/Maildir\t.Sent\t\t",
      expect.stringMatching(/^M\t9\..+\\nodd\t1\tF\t\t\t[0-9a-f]{64}$/),
    ]);
    expect(lines).toContain("O\texample.org/john/.dovecot.sieve\tlink\t13\tsieve/x.sieve");
    expect(lines.find((line) => line.startsWith("O\texample.org/john/sieve"))).toMatch(
      /\tfile\t5\t[0-9a-f]{64}$/,
    );
    expect(context.progressSeen.at(-1)).toMatchObject({ unit: "messages" });
  });

  test("takes the quickest hash that all hosts have", async () => {
    const root = await mailRoot();
    const has = (...programs: string[]): FakeCommand => ({
      argv: ["sh", "-c"],
      answer: ({ argv }) => (argv[2]?.includes("command -v") ? `${programs.join("\n")}\n` : undefined),
    });
    const other = new FakeHost({ name: "mail-new", commands: [has("sha256sum", "b2sum")] });
    const context = fakeContext({ peers: [other] });
    const host = hostWith(root, [has("b3sum", "sha256sum", "b2sum")]);
    const args = { path: root, save_as: "l", hash: "fastest" as const, hash_on: ["mail-new"] };
    expect((await lookWith(mailLedger, args, host, context)).result).toMatchObject({ hash: "sha256" });
  });

  test("names what it could not read, and leaves no ledger then", async () => {
    const context = fakeContext();
    const root = await mailRoot();
    const spoil = (text: string): FakeCommand => ({
      argv: ["sh", "-c"],
      answer: (call) => {
        const whole = localShell(call) as { exitCode: number; stdout: Buffer; stderr: string };
        return { ...whole, stderr: `${whole.stderr}${text}\n` };
      },
    });
    const denied = "find: './example.org/john': Permission denied";
    const vanished = "find: './example.org/john/Maildir/cur/1.a': No such file or directory";
    const args = { path: root, save_as: "ledger-old" };
    await expect(lookWith(mailLedger, args, hostWith(root, [spoil(denied)]), context)).rejects.toThrow(
      denied,
    );
    const cold = lookWith(mailLedger, args, hostWith(root, [spoil(vanished)]), context);
    await expect(cold).rejects.toThrow("No such file");
    const hot = hostWith(root, [spoil(vanished)]);
    expect((await lookWith(mailLedger, { ...args, phase: "hot" }, hot, context)).result).toMatchObject({
      messages: 12,
    });
    await expect(
      lookWith(mailLedger, { ...args, phase: "hot" }, hostWith(root, [spoil(denied)]), context),
    ).rejects.toThrow(denied);
  });

  test("a scan that was cut short is no ledger", async () => {
    const root = await mailRoot();
    const cut: FakeCommand = {
      argv: ["sh", "-c"],
      answer: (call) => {
        const whole = localShell(call) as { stdout: Buffer; stderr: string };
        return { ...whole, exitCode: 0, stdout: whole.stdout.subarray(0, 400) };
      },
    };
    const context = fakeContext();
    const file = await context.runFile("l");
    const args = { path: root, save_as: "l" };
    await expect(lookWith(mailLedger, args, hostWith(root, [cut]), context)).rejects.toThrow("not whole");
    await expect(readFile(file)).rejects.toThrow("ENOENT");
  });

  test("a mail root that is not there is an error", async () => {
    await expect(lookWith(mailLedger, { path: "/none", save_as: "l" }, new FakeHost())).rejects.toThrow(
      "no /none",
    );
  });

  test.each([{ path: "var/vmail", save_as: "l" }, { path: "/x" }, { path: "/x", save_as: "l", hash: "md5" }])(
    "does not take %j",
    (args) => {
      expect(refuses(mailLedger, args)).toBeDefined();
    },
  );
});
