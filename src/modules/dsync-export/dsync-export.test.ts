import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { type FakeContextOptions, fakeContext } from "../testing/fake-context.ts";
import { FakeHost } from "../testing/fake-host.ts";
import { localShellWith } from "../testing/local-shell.ts";
import { checkOnly, refuses, runModule } from "../testing/run-module.ts";
import { type DsyncExportArgs, dsyncExport } from "./dsync-export.ts";

/** Stands for doveadm: keeps what it was asked; a backup makes a Maildir whose next UID nobody told. */
const program = `#!/bin/sh
here=\${0%/*}
printf '%s\\n' "$*" >>"$here/asked"
for last do :; done
[ ! -e "$here/warns" ] || echo "doveconf: Warning: Obsolete setting in dovecot.conf:1" >&2
case "$*" in
  *'user -f home'*) echo "$here/homes/$last" ;;
  *'mailbox status'*)
    printf 'mailbox\\tuidnext\\tguid\\n'
    [ -e "$here/no-inbox" ] || printf 'INBOX\\t8\\tabc\\n'
    [ -e "$here/untold" ] || printf 'A b\\t3\\tdef\\n' ;;
  *backup*)
    while [ "$1" != -u ]; do shift; done
    [ ! -e "$here/fails-$2" ] || { echo "dsync($2): Error: No space left on device"; exit 75; }
    to=\${last#maildir:}
    ! grep -qs broken "$to/dovecot-uidlist" || exit 65
    mkdir -p "$to/cur" "$to/new" "$to/.A b/cur" "$to/.A b/new"
    [ -e "$to/dovecot-uidlist" ] || printf '3 V7 N1 Gabc\\n5 :1.M\\n' >"$to/dovecot-uidlist"
    printf '3 V8 N3 Gdef\\n2 :2.M\\n' >"$to/.A b/dovecot-uidlist"
    [ -n "$(ls "$to/cur")" ] || printf %s "$([ -e "$here/packs" ] || echo 'a whole ')mail" >"$to/cur/5.M,S=12" ;;
esac
`;

/** What Dovecot of 2.4 and of 2.3 are told, so that neither packs what it writes. */
const plainly = "-o mail_compress_write_method= -o plugin/zlib_save=";

const accounts = "x@a.org\ny@a.org\nz@a.org\n";

async function setting(files: Readonly<Record<string, string>> = {}, options: FakeContextOptions = {}) {
  const directory = await mkdtemp(join(tmpdir(), "mailferry-test-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const given = {
    doveadm: program,
    "homes/x@a.org/sieve/a.sieve": "keep;",
    "homes/y@a.org/sdbox/i": "",
    ...files,
  };
  for (const [name, text] of Object.entries(given)) {
    await mkdir(dirname(join(directory, name)), { recursive: true });
    await writeFile(join(directory, name), text, { mode: 0o755 });
  }
  const host = new FakeHost({
    commands: [
      { argv: ["doveadm", "user", "*"], answer: accounts },
      { argv: ["sh", "-c"], answer: localShellWith(directory) },
      {
        argv: ["rm"],
        answer: (call) =>
          localShellWith(directory)({ ...call, argv: ["sh", "-c", '"$@"', "sh", ...call.argv] }),
      },
    ],
  });
  const sides = { old: ["mail-old"], new: ["mail-new"] };
  const context = { ...fakeContext({ sides, ...options }), workPath: join(directory, "work") };
  await mkdir(context.workPath, { recursive: true });
  context.workDirectory = async () => context.workPath;
  const path = (name: string) => join(directory, name);
  const args: DsyncExportArgs = { path: path("back"), mail: path("homes") };
  const asked = async () => (await readFile(path("asked"), "utf8")).split("\n").filter((line) => line !== "");
  return { host, context, args, path, asked };
}

describe("dsync_export", () => {
  test.each([
    ["", {}],
    [", also where Dovecot warns", { warns: "" }],
  ])("makes a Maildir of each mailbox, with the next UIDs that clients know%s", async (_, warns) => {
    const { host, context, args, path, asked } = await setting(warns);
    const { change, applied } = await runModule(dsyncExport, args, host, context);
    expect(change?.summary).toBe(`make Maildirs of 3 mailboxes in ${args.path}`);
    expect(applied?.result).toEqual({ users: 3, exported: 2, without_mail: 1 });
    expect((await asked()).filter((line) => line.includes("backup")).sort()).toEqual([
      `${plainly} backup -l 30 -T 600 -u x@a.org maildir:${args.path}/a.org/x/Maildir`,
      `${plainly} backup -l 30 -T 600 -u y@a.org maildir:${args.path}/a.org/y/Maildir`,
    ]);
    const list = path("back/a.org/x/Maildir/dovecot-uidlist");
    expect(await readFile(list, "utf8")).toBe("3 V7 N8 Gabc\n5 :1.M\n");
    expect((await stat(path("back/a.org/x"))).mode & 0o777).toBe(0o700);
    expect((await stat(path("back/a.org"))).mode & 0o777).toBe(0o711);
    await runModule(dsyncExport, args, host, context);
    expect(await readFile(list, "utf8")).toBe("3 V7 N8 Gabc\n5 :1.M\n");
  });

  test("takes the named files of a home along, as they are by now", async () => {
    const { host, context, args, path } = await setting();
    const withFiles = { ...args, files: ["sieve", ".dovecot.sieve"] };
    await runModule(dsyncExport, withFiles, host, context);
    expect(await readFile(path("back/a.org/x/sieve/a.sieve"), "utf8")).toBe("keep;");
    await rm(path("homes/x@a.org/sieve/a.sieve"));
    await runModule(dsyncExport, withFiles, host, context);
    expect(existsSync(path("back/a.org/x/sieve/a.sieve"))).toBe(false);
  });

  test("outdates what an import knows of these users", async () => {
    const { host, context, args, path } = await setting({
      "work/dsync/1/known/x@a.org": "as it was",
      "work/dsync/1/known/w@a.org": "of somebody else",
    });
    await runModule(dsyncExport, args, host, context);
    expect(["x", "w"].map((name) => existsSync(path(`work/dsync/1/known/${name}@a.org`)))).toEqual([
      false,
      true,
    ]);
  });

  test("names who failed and why, and fails", async () => {
    const { host, context, args, path } = await setting({ "fails-y@a.org": "" });
    await expect(runModule(dsyncExport, args, host, context)).rejects.toMatchObject({
      message: expect.stringMatching(
        /^Maildirs were made of 2 of 3 mailboxes\n {2}y@a\.org: exit code 75: .*No space left/,
      ),
      next: expect.stringContaining("goes on with what is left"),
    });
    await rm(path("fails-y@a.org"));
    expect((await runModule(dsyncExport, args, host, context)).applied?.result).toMatchObject({
      exported: 2,
    });
  });

  test("keeps no folder that only holds others, unless it has messages", async () => {
    const { host, context, args, path } = await setting({ untold: "" });
    await runModule(dsyncExport, args, host, context);
    const folder = path("back/a.org/x/Maildir/.A b");
    expect(existsSync(folder)).toBe(false);
    await mkdir(join(folder, "cur"), { recursive: true });
    await writeFile(join(folder, "cur/2.M:2,"), "mail");
    await runModule(dsyncExport, args, host, context);
    expect(await readFile(join(folder, "cur/2.M:2,"), "utf8")).toBe("mail");
  });

  test("keeps an INBOX without messages that Dovecot tells nothing of: all other folders are in it", async () => {
    const { host, context, args, path } = await setting({ "no-inbox": "" });
    await runModule(dsyncExport, args, host, context);
    expect(existsSync(path("back/a.org/x/Maildir/.A b/cur"))).toBe(true);
  });

  test("makes a Maildir anew that dsync can't bring up to date, or whose list Dovecot can't read", async () => {
    const { host, context, args, path } = await setting();
    await runModule(dsyncExport, args, host, context);
    const maildir = path("back/a.org/x/Maildir");
    for (const trouble of ['3 V7 N8 Gabc\n5 Git\'s "a" :1.M\n', "3 V7 N8 Gabc\nbroken\n"]) {
      await writeFile(join(maildir, "dovecot-uidlist"), trouble);
      await runModule(dsyncExport, args, host, context);
      expect(await readFile(join(maildir, "dovecot-uidlist"), "utf8")).toBe("3 V7 N8 Gabc\n5 :1.M\n");
    }
  });

  test("goes on from a Maildir whose list keeps ids of POP3", async () => {
    const { host, context, args, path } = await setting();
    await runModule(dsyncExport, args, host, context);
    const list = path("back/a.org/x/Maildir/dovecot-uidlist");
    const kept = "3 V7 N8 Gabc\n5 Gfe Puidl S3 :1.M\n6 :2.M\n";
    await writeFile(list, kept);
    await runModule(dsyncExport, args, host, context);
    expect(await readFile(list, "utf8")).toBe(kept);
  });

  test("leaves no message packed or encrypted: old's Dovecot need not be able to read it", async () => {
    const { host, context, args, path } = await setting({ packs: "" });
    await expect(runModule(dsyncExport, args, host, context)).rejects.toThrow(
      /x@a\.org: exit code 1: Error: Dovecot packs or encrypts what it writes \(mail_compress, mail_crypt\): 5\.M,S=12/,
    );
    await rm(path("packs"));
    await runModule(dsyncExport, args, host, context);
    expect(await readFile(path("back/a.org/x/Maildir/cur/5.M,S=12"), "utf8")).toBe("a whole mail");
  });

  test("gives a directory to its user that a killed export had made, and not yet given away", async () => {
    const { host, context, args, path } = await setting();
    await runModule(dsyncExport, args, host, context);
    await rm(path("back/a.org/x/Maildir"), { recursive: true });
    await chmod(path("back/a.org/x"), 0o711);
    await runModule(dsyncExport, args, host, context);
    expect((await stat(path("back/a.org/x"))).mode & 0o777).toBe(0o700);
  });

  test("stops where a user's home is gone that mail was imported into", async () => {
    const { host, context, args, path } = await setting({ "work/dsync/begun/z@a.org": "" });
    await expect(runModule(dsyncExport, args, host, context)).rejects.toThrow(
      `z@a.org: exit code 1: Error: mail was imported into ${path("homes/z@a.org")}, which is gone`,
    );
    await mkdir(path("homes/z@a.org"));
    expect((await runModule(dsyncExport, args, host, context)).applied?.result).toMatchObject({
      exported: 3,
    });
  });

  test("refuses mail that no user of Dovecot has, unless it may stay", async () => {
    const orphan = "homes/gone/sdbox/mailboxes/INBOX/dbox-Mails";
    const { host, context, args } = await setting({
      [`${orphan}/u.1`]: "mail",
      "homes/empty/mdbox/storage/dovecot.map.index": "none",
      "homes/x@a.org/mdbox/storage/m.1": "hers",
    });
    await expect(checkOnly(dsyncExport, args, host, context)).rejects.toThrow(
      `1 directories on mail-new hold mail of no user of Dovecot: ${args.mail}/gone/`,
    );
    expect(await checkOnly(dsyncExport, { ...args, accept_orphans: true }, host, context)).toBeDefined();
  });

  test("knows whose mail it is by the bytes of a home's name, and finds mail of nobody in any", async () => {
    const orphan = "homes/gön";
    const { host, context, args } = await setting({
      "homes/x@a.org/mdbox/storage/m.1": "hers",
      "homes/ü/mdbox/storage/m.1": "hers, too",
      [`${orphan}/sdbox/mailboxes/INBOX/dbox-Mails/u.1`]: "mail",
      doveadm: program.replace("*'user -f home'*)", `*z@a.org) echo "$here/homes/ü" ;;\n  $&`),
    });
    await expect(checkOnly(dsyncExport, args, host, context)).rejects.toThrow(
      `1 directories on mail-new hold mail of no user of Dovecot: ${args.mail}/gön/`,
    );
  });

  test("writes neither among mail nor where it did not make the directory", async () => {
    const { host, context, args, path } = await setting({ "there/precious": "x" });
    const inside = { ...args, path: path("homes/x@a.org/back") };
    await expect(checkOnly(dsyncExport, inside, host, context)).rejects.toThrow("is no place for an export");
    const theirs = { ...args, path: path("there") };
    await expect(checkOnly(dsyncExport, theirs, host, context)).rejects.toThrow(
      "holds precious, which no export made",
    );
    const onOld = await setting({}, { sides: { old: ["mail-new"], new: [] } });
    await expect(checkOnly(dsyncExport, onOld.args, onOld.host, onOld.context)).rejects.toThrow(
      "mail of a new host",
    );
  });

  test("takes away what it made, once new's mail is on old", async () => {
    const { host, context, args, path } = await setting();
    const gone = { ...args, state: "absent" } as const;
    expect(await checkOnly(dsyncExport, gone, host, context)).toBeUndefined();
    await runModule(dsyncExport, args, host, context);
    const opened = { ...context, latches: fakeContext({ latches: ["new-opened"] }).latches };
    await expect(checkOnly(dsyncExport, gone, host, opened)).rejects.toThrow("is not on old yet");
    expect((await runModule(dsyncExport, gone, host, context)).left).toBeUndefined();
    expect(existsSync(path("back"))).toBe(false);
    await mkdir(path("back"));
    await writeFile(path("back/precious"), "x");
    await expect(checkOnly(dsyncExport, gone, host, context)).rejects.toThrow("which no export made");
  });

  test("check mode asks no Dovecot", async () => {
    const { host, context, args } = await setting({}, { checkMode: true });
    host.answer(["doveadm"], new Error("nobody is there"));
    expect((await checkOnly(dsyncExport, args, host, context))?.summary).toContain("make Maildirs of all");
  });

  test.each([{}, { path: "/b" }, { path: "b", mail: "/m" }, { path: "/b", mail: "/m", state: "gone" }])(
    "does not take %j",
    (args) => {
      expect(refuses(dsyncExport, args)).toBeDefined();
    },
  );
});
