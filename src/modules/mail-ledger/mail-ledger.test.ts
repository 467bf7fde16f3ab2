import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, rmSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { readFolder } from "../../mail/folder-evidence.ts";
import type { LedgerFile, LedgerFolder } from "../../mail/ledger.ts";
import { openLedger } from "../ledger-file.ts";
import { mailProof } from "../mail-proof.ts";
import { type FakeContext, fakeContext } from "../testing/fake-context.ts";
import { type FakeCommand, FakeHost } from "../testing/fake-host.ts";
import { localShell, localShellWith } from "../testing/local-shell.ts";
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

/** Two mail roots that hold the same under names that no program should take apart; and one of the names on the second. */
async function oddRoots(): Promise<{ old: string; current: string; name: string }> {
  const names = [
    ...[
      "-rf",
      "1.M,S=5:2,",
      "1 x",
      "\n",
      "2.\n\n:2,S",
      "3.\r:2,",
      "4.\\n:2,",
      "5.\\:2,a",
      "6.\u00ff\u00fe:2,S",
    ],
    ...[`7.${"y".repeat(249)}:2,`, "8.'\"$(x)`:2,", "9.#0f  x:2,"],
  ];
  const fill = async (root: string): Promise<string> => {
    const directory = join(root, "example.org/john/Maildir/.Odd [x] \\n");
    for (const part of ["cur", "new", "tmp"]) await mkdir(join(directory, part), { recursive: true });
    for (const name of names) await writeFile(Buffer.from(join(directory, "cur", name), "latin1"), "whole");
    return directory;
  };
  const [old, current] = [await mailRoot(), await mailRoot()];
  await fill(old);
  return { old, current, name: join(await fill(current), "cur", "4.\\n:2,") };
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

async function readAll(name: string, context: FakeContext) {
  const ledger = await openLedger(name, context);
  const folders: LedgerFolder[] = [];
  const files: LedgerFile[] = [];
  for await (const evidence of ledger.folders()) folders.push(readFolder(evidence));
  for await (const file of ledger.files()) files.push(file);
  return { head: ledger.head, folders, files };
}

function hostWith(root: string, more: readonly FakeCommand[] = [], name = "mail-old"): FakeHost {
  return new FakeHost({
    name,
    files: { [root]: { type: "directory" } },
    commands: [...more, { argv: ["sh"], answer: localShell }],
  });
}

describe("mail_ledger", () => {
  test("lists every message with what is known of it", async () => {
    const root = await mailRoot();
    const context = fakeContext();
    const args = { path: root, save_as: "ledger-old", hash: "all" as const, hash_with: "sha256" as const };
    const { result, message } = await lookWith(mailLedger, args, hostWith(root), context);
    expect(result).toMatchObject({
      ...{ mailboxes: 6, folders: 11, messages: 12, other_files: 2, hash: "sha256" },
      layouts: { "maildir++": 5 },
    });
    expect(Object.values(result?.owners as object)).toEqual([12]);
    expect(message).toBe("mail-old: 12 messages in 11 folders of 6 mailboxes");
    const { head, folders, files } = await readAll("ledger-old", context);
    expect(head).toMatchObject({ host: "mail-old", root, hash: "sha256" });
    const at = folders.findIndex(({ maildir }) => maildir === "example.org/john/Maildir");
    expect(folders[at]).toMatchObject({
      ...{ directory: "", uidValidity: 17, nextUid: 4, subscriptions: [["Sent"]] },
      messages: [
        {
          ...{ base: "1.a,S=3", size: 3, flags: "S", keywords: "$Forwarded", uid: 1 },
          hash: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        },
        { base: "2.b", size: 2, uid: undefined, hash: expect.stringMatching(/^[0-9a-f]{64}$/) },
      ],
    });
    expect(folders[at + 1]).toMatchObject({
      directory: ".Sent",
      messages: [{ base: "9.\u00ff\nodd", flags: "F", hash: expect.stringMatching(/^[0-9a-f]{64}$/) }],
    });
    expect(files).toEqual([
      { path: "example.org/john/.dovecot.sieve", type: "link", size: 13, content: "sieve/x.sieve" },
      {
        ...{ path: "example.org/john/sieve/x.sieve", type: "file", size: 5 },
        content: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    ]);
    expect(context.progressSeen.at(-1)).toMatchObject({ unit: "messages" });
  });

  test.each(["none", "sha256", "blake2b"] as const)(
    "two hosts' ledgers taken at once agree under odd names, with hash %s",
    async (hash) => {
      const { old, current, name } = await oddRoots();
      const context = fakeContext({ peers: [hostWith(old)] });
      const beside = [{ host: "mail-old", path: old, save_as: "ledger-old" }];
      const hashing = hash === "none" ? {} : { hash: "all" as const, hash_with: hash };
      const args = { path: current, save_as: "ledger-new", ...hashing, beside };
      const { result, message } = await lookWith(
        mailLedger,
        args,
        hostWith(current, [], "mail-new"),
        context,
      );
      expect(result).toMatchObject({ messages: 24, beside: [{ messages: 24, hash }] });
      expect(message).toMatch(/^mail-new: 24 messages .+; mail-old: 24 messages /);
      const prove = () =>
        lookWith(mailProof, { old: "ledger-old", new: "ledger-new", strict: true }, new FakeHost(), context);
      expect((await prove()).result).toMatchObject({ on_both: 24, verdict: "same" });
      await writeFile(Buffer.from(name, "latin1"), "other");
      await lookWith(mailLedger, args, hostWith(current, [], "mail-new"), context);
      if (hash === "none") expect((await prove()).result).toMatchObject({ altered: 0 });
      else await expect(prove()).rejects.toThrow("1 altered");
    },
  );

  // Where no name has a line end in it, OpenSSL makes the hashes.
  test.each([true, false])("hashes are the same whether OpenSSL can make them or not: %s", async (can) => {
    const root = await mkdtemp(join(tmpdir(), "mailferry-"));
    onTestFinished(() => rm(root, { recursive: true, force: true }));
    const folder = join(root, "mail/example.org/john/Maildir/cur");
    await mkdir(folder, { recursive: true });
    const names = ["1.a:2,", "2.\r:2,", "3.\\n:2,", "4.\\:2,a", "\\5.x *b", "6.\u00ff:2,S"];
    for (const name of names) await writeFile(Buffer.from(join(folder, name), "latin1"), name);
    const bin = join(root, "bin");
    await mkdir(bin);
    const shell = `#!/bin/sh\necho "$1" >>${bin}/asked\n${can ? 'exec /usr/bin/openssl "$@"' : "exit 1"}\n`;
    await writeFile(join(bin, "openssl"), shell, { mode: 0o755 });
    const context = fakeContext();
    const host = new FakeHost({
      files: { [join(root, "mail")]: { type: "directory" } },
      commands: [{ argv: ["sh"], answer: localShellWith(bin) }],
    });
    const args = {
      path: join(root, "mail"),
      save_as: "l",
      hash: "all" as const,
      hash_with: "sha256" as const,
    };
    await lookWith(mailLedger, args, host, context);
    const messages = (await readAll("l", context)).folders.flatMap((one) => one.messages);
    expect(messages.map(({ hash }) => hash).sort()).toEqual(names.map(sha256).sort());
    expect((await readFile(join(bin, "asked"), "utf8")).split("\n").length - 1).toBe(can ? 2 : 1);
  });

  test("what fails on one host is told, and leaves no ledger of the other", async () => {
    const root = await mailRoot();
    const context = fakeContext({ peers: [new FakeHost({ name: "mail-old" })] });
    const beside = [{ host: "mail-old", save_as: "ledger-old" }];
    const look = lookWith(mailLedger, { path: root, save_as: "ledger-new", beside }, hostWith(root), context);
    await expect(look).rejects.toThrow("mail-old has no");
    await expect(readFile(await context.runFile("ledger-old"))).rejects.toThrow("ENOENT");
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
    const args = { path: root, save_as: "l", hash: "all" as const, hash_on: ["mail-new"] };
    expect((await lookWith(mailLedger, args, host, context)).result).toMatchObject({ hash: "blake2b" });
  });

  describe("hash: new", () => {
    const args = { save_as: "l", hash: "new" as const, hash_with: "sha256" as const };
    const hashesOf = async (context: FakeContext, base: string) => {
      const { folders } = await readAll("l", context);
      const messages = folders.flatMap((folder) => folder.messages);
      return messages.filter((message) => message.base === base).map(({ hash }) => hash);
    };

    test("hashes what the last ledger with hashes has not, and nothing else", async () => {
      const context = fakeContext();
      const { current: root } = await oddRoots();
      const take = (how: object = args) =>
        lookWith(mailLedger, { path: root, ...args, ...how }, hostWith(root), context);
      expect((await take()).result).toMatchObject({ messages: 24, hashed: 24 });
      const whole = await readAll("l", context);
      expect((await take()).result).toMatchObject({ messages: 24, hashed: 0 });
      const again = await readAll("l", context);
      expect(again).toEqual({
        ...whole,
        head: { ...whole.head, takenAt: again.head.takenAt, hashesSince: whole.head.takenAt },
      });

      const maildir = join(root, "example.org/john/Maildir");
      await rename(join(maildir, "new/2.b"), join(maildir, "cur/2.b:2,S"));
      await writeFile(join(maildir, "cur/1.a,S=3:2,Sa"), "abcd");
      await writeFile(join(maildir, "new/4.d"), "new");
      await mkdir(join(maildir, ".Made/cur"), { recursive: true });
      await mkdir(join(maildir, ".Made/new"));
      await writeFile(join(maildir, ".Made/cur/5.e\nodd:2,"), "");
      expect((await take()).result).toMatchObject({ messages: 26, hashed: 3 });
      expect(await hashesOf(context, "1.a,S=3")).toContain(sha256("abcd"));
      expect(await hashesOf(context, "4.d")).toEqual([sha256("new")]);
      expect(await hashesOf(context, "5.e\nodd")).toEqual([sha256("")]);
      expect(await hashesOf(context, "2.b")).toEqual(Array(5).fill(sha256("de")));
      expect((await take({ hash: "all" })).result).toMatchObject({ hashed: 26 });
      expect((await readAll("l", context)).head).not.toHaveProperty("hashesSince");
      expect((await take({ hash_with: "blake2b" })).result).toMatchObject({ hashed: 26, hash: "blake2b" });
    });

    test("hashes all once a proof failed, or for another mail root", async () => {
      const context = fakeContext({ peers: [] });
      const roots = [await mailRoot(), await mailRoot()] as const;
      const take = (root: string, save_as: string, name: string) =>
        lookWith(mailLedger, { path: root, ...args, save_as }, hostWith(root, [], name), context);
      await take(roots[0], "ledger-old", "mail-old");
      expect((await take(roots[1], "ledger-new", "mail-old")).result).toMatchObject({ hashed: 12 });
      const altered = join(roots[1], "example.org/john/Maildir/new/2.b");
      await writeFile(altered, "xy");
      await take(roots[1], "ledger-new", "mail-new");
      const prove = lookWith(mailProof, { old: "ledger-old", new: "ledger-new" }, new FakeHost(), context);
      await expect(prove).rejects.toThrow("1 altered");
      await writeFile(altered, "de");
      expect((await take(roots[1], "ledger-new", "mail-new")).result).toMatchObject({ hashed: 12 });
    });

    test.each([
      ["cold", "no hash of ./example.org/john/Maildir/new/4.d"],
      ["hot", undefined],
    ] as const)("a message that goes away before it is hashed, while %s", async (phase, told) => {
      const context = fakeContext();
      const root = await mailRoot();
      await lookWith(mailLedger, { path: root, ...args }, hostWith(root), context);
      const message = join(root, "example.org/john/Maildir/new/4.d");
      await writeFile(message, "short of time");
      const goesAway: FakeCommand = {
        argv: ["sh", "-c"],
        answer: (call) => {
          if (call.options.stdin !== undefined) rmSync(message);
          return localShell(call);
        },
      };
      const look = lookWith(mailLedger, { path: root, ...args, phase }, hostWith(root, [goesAway]), context);
      if (told !== undefined) await expect(look).rejects.toThrow(told);
      else expect((await look).result).toMatchObject({ messages: 13, hashed: 0 });
      expect(existsSync(message)).toBe(false);
    });
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

  test("keeps all of what it could not read in a file, and names it", async () => {
    const root = await mailRoot();
    const lines = Array.from({ length: 50 }, (_, index) => `find: './${100 + index}': Permission denied`);
    const spoiled: FakeCommand = {
      argv: ["sh", "-c"],
      answer: (call) => ({ ...(localShell(call) as object), stderr: `${lines.join("\n")}\n` }),
    };
    const context = fakeContext();
    const look = lookWith(mailLedger, { path: root, save_as: "ledger" }, hostWith(root, [spoiled]), context);
    const file = await context.runFile("ledger-unreadable.txt");
    await expect(look).rejects.toMatchObject({
      message: expect.stringMatching(/100': Permission denied\n(.*\n){19}… and \d+ more$/),
      next: expect.stringContaining(file),
    });
    expect((await readFile(file, "utf8")).split("\n")).toEqual(expect.arrayContaining(lines));
  });

  test("reads no file outside of the mail root, wherever a link in it leads, and waits for no pipe", async () => {
    const root = await mailRoot();
    const secret = join(await mailRoot(), "secret");
    await writeFile(secret, "V\t2\n\nnot for anybody\n");
    const subscriptions = join(root, "example.org/john/Maildir/subscriptions");
    await rm(subscriptions);
    execFileSync("mkfifo", [subscriptions]);
    await rm(join(root, "example.org/john-x/Maildir/subscriptions"));
    await symlink(
      "../../john/Maildir/dovecot-keywords",
      join(root, "example.org/john-x/Maildir/subscriptions"),
    );
    // As the end of a file's record in the list of other files.
    await symlink("a//f 5 ", join(root, "example.org/john/looks-like-a-file"));
    const context = fakeContext();
    await lookWith(mailLedger, { path: root, save_as: "ledger" }, hostWith(root), context);

    await rm(subscriptions);
    await symlink(secret, subscriptions);
    await expect(
      lookWith(mailLedger, { path: root, save_as: "ledger" }, hostWith(root), context),
    ).rejects.toMatchObject({
      message: expect.stringMatching(/john\/Maildir\/subscriptions: this link leads out of the mail root/),
    });
  });

  // More names than xargs gives to one program; a crash can leave zero bytes at the end of a file.
  test("reads every folder's control files, however long their paths and whatever is in them", async () => {
    const root = await mkdtemp(join(tmpdir(), "mailferry-"));
    onTestFinished(() => rm(root, { recursive: true, force: true }));
    const long = Array.from({ length: 3 }, () => "d".repeat(250)).join("/");
    const uidlists = ["3 V1 N2 G1\n", "3 V1 N2 G1", "3 V1 N2 G1\n\0\0//\0\n\0", "\0", ""];
    for (let number = 100; number < 300; number += 1) {
      const folder = join(root, long, `${number}`);
      for (const part of ["cur", "new", "tmp"]) await mkdir(join(folder, part), { recursive: true });
      await writeFile(join(folder, "dovecot-uidlist"), uidlists[number % uidlists.length] ?? "");
    }
    const context = fakeContext();
    await lookWith(mailLedger, { path: root, save_as: "l" }, hostWith(root), context);
    const { folders } = await readAll("l", context);
    expect(folders.map(({ uidValidity }) => uidValidity)).toEqual(
      folders.map((_, index) => (index % uidlists.length < 3 ? 1 : undefined)),
    );
    expect(folders).toHaveLength(200);
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

  test("a message whose hash did not come makes no ledger", async () => {
    const root = await mailRoot();
    const without: FakeCommand = {
      argv: ["sh", "-c"],
      answer: (call) => {
        const whole = localShell(call) as { stdout: Buffer; stderr: string };
        const text = whole.stdout.toString("latin1").replace(/[^\0]*cur\/1\.a,[^\0]*#[0-9a-f]+\0/, "");
        return { ...whole, exitCode: 0, stdout: Buffer.from(text, "latin1") };
      },
    };
    const args = { path: root, save_as: "l", hash: "all" as const, hash_with: "sha256" as const };
    const look = lookWith(mailLedger, args, hostWith(root, [without]));
    await expect(look).rejects.toThrow("no hash of ./example.org/cur/Maildir/cur/1.a");
  });

  test("a mail root that is not there is an error", async () => {
    await expect(lookWith(mailLedger, { path: "/none", save_as: "l" }, new FakeHost())).rejects.toThrow(
      "no /none",
    );
  });

  test.each([
    { path: "var/vmail", save_as: "l" },
    { path: "/x" },
    { path: "/x", save_as: "l", hash: "md5" },
    { path: "/x", save_as: "l", hash_with: "sha256" },
  ])("does not take %j", (args) => {
    expect(refuses(mailLedger, args)).toBeDefined();
  });
});
