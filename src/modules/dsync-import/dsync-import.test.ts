import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { noteFailedProof } from "../failed-proof.ts";
import { type FakeContextOptions, fakeContext } from "../testing/fake-context.ts";
import { FakeHost } from "../testing/fake-host.ts";
import { localShellWith } from "../testing/local-shell.ts";
import { checkOnly, refuses, runModule } from "../testing/run-module.ts";
import { type DsyncImportArgs, dsyncImport } from "./dsync-import.ts";

/** Stands for doveadm: keeps what it was asked, and does what USER's file says of an import. */
const program = `#!/bin/sh
here=\${0%/*}
printf '%s\\n' "$*" >>"$here/asked"
for last do :; done
[ ! -e "$here/warns" ] || echo "doveconf: Warning: Obsolete setting in dovecot.conf:1" >&2
case "$*" in
  *'user -f home -'[!-]*) echo "user: invalid option" >&2; exit 64 ;;
  *'user -f home'*) echo "$here/homes/$last" ;;
  *) while [ "$1" != -u ]; do shift; done
     mkdir -p "$here/homes/$2"
     if [ -e "$here/$2" ]; then . "$here/$2"; fi ;;
esac
`;

const at = 1_700_000_000;

async function directoryOf(files: Readonly<Record<string, string>>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "mailferry-test-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  for (const [name, text] of Object.entries({ doveadm: program, ...files })) {
    await mkdir(dirname(join(directory, name)), { recursive: true });
    await writeFile(join(directory, name), text, { mode: 0o755 });
  }
  return directory;
}

/** The copy of a.org's users x and y, and of somebody who has no account. */
const copy = {
  "copy/a.org/x/Maildir/cur/1.M:2,S": "one",
  "copy/a.org/x/Maildir/dovecot-uidlist": "3 V1 N2\n1 :1.M\n",
  "copy/a.org/x/Maildir/dovecot.index.log": "stale",
  "copy/a.org/x/sieve/a.sieve": "keep;",
  "copy/a.org/x/.dovecot.svbin": "compiled",
  "copy/a.org/y/Maildir/cur/2.M:2,": "two",
  "copy/a.org/gone/Maildir/cur/3.M:2,": "three",
};

const accounts = "x@a.org\ny@a.org\nz@a.org\n-w@a.org\n";

async function setting(files: Readonly<Record<string, string>> = {}, options: FakeContextOptions = {}) {
  const directory = await directoryOf({ ...copy, ...files });
  const shell = localShellWith(directory);
  const host = new FakeHost({
    files: { "/var/lib/mailferry": { type: "directory" } },
    commands: [
      { argv: ["doveadm", "user", "*"], answer: accounts },
      { argv: ["doveadm", "-c", "/etc/dovecot/inner.conf", "user", "*"], answer: accounts },
      { argv: ["cat", "/proc/net/tcp"], answer: "" },
      { argv: ["sh", "-c"], answer: shell },
    ],
  });
  const context = { ...fakeContext(options), workPath: join(directory, "work") };
  await mkdir(context.workPath);
  const path = (name: string) => join(directory, name);
  const args: DsyncImportArgs = { path: path("copy") };
  const asked = async () => (await readFile(path("asked"), "utf8")).split("\n").filter((line) => line !== "");
  return { host, context, args, path, asked };
}

/** Stands for ssh: asks this machine, with the copy as the root of what rsync is asked for. */
const ssh = `#!/bin/sh
while [ "$1" != rsync ]; do shift; done
for word do shift; case $word in /*) word=\${0%/*}/copy$word ;; esac; set -- "$@" "$word"; done
exec "$@"
`;

/** The same files, as another host's. */
async function straight(files: Readonly<Record<string, string>> = {}, address = "192.0.2.10") {
  const old = new FakeHost({ name: "mail-old", address });
  const made = await setting({ ssh, ...files }, { peers: [old] });
  old.answer(["sh", "-c"], localShellWith(made.path("")));
  return { ...made, old, args: { ...made.args, from: "mail-old" } };
}

/** As a pass of rsync leaves it that brought something: at another time. */
async function bring(path: string, content: string): Promise<void> {
  await writeFile(path, content);
  await utimes(dirname(path), at, at);
}

describe("dsync_import", () => {
  test("imports each user of whom there is a copy; then has nothing to do", async () => {
    const { host, context, args, asked, path } = await setting();
    const { change, applied, left } = await runModule(dsyncImport, args, host, context);
    expect(change?.summary).toBe(`import 2 mailboxes from ${args.path}`);
    expect(applied?.result).toEqual({ users: 2, imported: 2, without_mail: 0, orphans: ["a.org/gone"] });
    expect(left).toBeUndefined();
    expect((await asked()).filter((line) => line.includes("backup")).sort()).toEqual([
      `backup -R -l 30 -T 600 -u x@a.org maildir:${args.path}/a.org/x/Maildir`,
      `backup -R -l 30 -T 600 -u y@a.org maildir:${args.path}/a.org/y/Maildir`,
    ]);
    expect(await readdir(path("copy/a.org/x/Maildir"))).not.toContain("dovecot.index.log");
  });

  test("imports a user whose name looks like an option", async () => {
    const { host, context, args, asked } = await setting({ "copy/a.org/-w/Maildir/cur/4.M:2,": "four" });
    await runModule(dsyncImport, args, host, context);
    expect(await asked()).toContain("user -f home -- -w@a.org");
  });

  test("touches again only whose copy changed, and all behind a proof that failed", async () => {
    const { host, context, args, path } = await setting();
    await runModule(dsyncImport, args, host, context);
    await bring(path("copy/a.org/y/Maildir/cur/4.M:2,"), "four");
    const { applied } = await runModule(dsyncImport, args, host, context);
    expect(applied?.result).toMatchObject({ users: 1, imported: 1 });
    expect(await checkOnly(dsyncImport, { ...args, full: true }, host, context)).toMatchObject({
      users: [
        ["x@a.org", "a.org/x", ""],
        ["y@a.org", "a.org/y", ""],
      ],
    });
    await noteFailedProof("it failed", context);
    expect((await checkOnly(dsyncImport, args, host, context))?.users).toHaveLength(2);
  });

  test("makes the named files of a home what they are in the copy", async () => {
    const { host, context, args, path } = await setting({ "homes/x@a.org/.dovecot.sieve": "old" });
    const files = ["sieve", ".dovecot.sieve", ".dovecot.svbin"];
    await runModule(dsyncImport, { ...args, files }, host, context);
    expect((await readdir(path("homes/x@a.org"))).sort()).toEqual(["sieve"]);
    expect(await readFile(path("homes/x@a.org/sieve/a.sieve"), "utf8")).toBe("keep;");
  });

  test("names who failed and why, and tries only these again", async () => {
    const said = "echo 'dsync(x): Error: Mail locations must use the same hierarchy separator'; exit 75";
    const { host, context, args, path } = await setting({ "x@a.org": said });
    await expect(runModule(dsyncImport, args, host, context)).rejects.toMatchObject({
      message: expect.stringMatching(
        /^1 users could not .*, 1 were:\n {2}x@a\.org: exit code 75: dsync\(x\)/,
      ),
      next: expect.stringContaining("separator = ."),
    });
    await rm(path("x@a.org"));
    const { applied } = await runModule(dsyncImport, args, host, context);
    expect(applied?.result).toMatchObject({ users: 1, imported: 1 });
  });

  test("runs again what did not settle, five times at most", async () => {
    const { host, context, args, asked } = await setting({
      "x@a.org": '[ -e "$here/seen" ] || { : >"$here/seen"; exit 75; }',
      "y@a.org": "exit 2",
    });
    await expect(runModule(dsyncImport, args, host, context)).rejects.toThrow(
      "1 users could not be imported, 1 were:\n  y@a.org: did not settle",
    );
    const imports = (await asked()).filter((line) => line.includes("backup"));
    expect(imports).toHaveLength(7);
  });

  test.each([
    ["", {}],
    [", also where Dovecot warns", { warns: "" }],
  ])("refuses mail that is in a mailbox before the first import, unless it may go%s", async (_, warns) => {
    const own = { "homes/y@a.org/sdbox/mailboxes/INBOX/dbox-Mails/u.1": "mine" };
    const { host, context, args } = await setting({ ...own, ...warns });
    await expect(runModule(dsyncImport, args, host, context)).rejects.toThrow(
      /y@a\.org: was refused: Error: mail that no import brought/,
    );
    const { applied } = await runModule(dsyncImport, { ...args, adopt: true }, host, context);
    expect(applied?.result).toMatchObject({ imported: 1 });
  });

  test("purges an mdbox of what the import took out of it, but behind the opening nothing", async () => {
    const doveconf = (driver: string) =>
      `#!/bin/sh\n[ "$*" = "-c /inner.conf -n" ] && echo mail_driver = ${driver}\n`;
    const purged = async (driver: string, mode: "backup" | "merge") => {
      const { host, context, args, asked } = await setting({ doveconf: doveconf(driver) });
      host.answer(["doveadm", "-c", "/inner.conf", "user", "*"], accounts);
      await runModule(dsyncImport, { ...args, mode, config: "/inner.conf", parallel: 1 }, host, context);
      return (await asked())
        .filter((line) => / (backup|sync|purge) /.test(line))
        .map((line) => line.split(" ")[2]);
    };
    expect(await purged("mdbox", "backup")).toEqual(["backup", "purge", "backup", "purge"]);
    expect(await purged("sdbox", "backup")).toEqual(["backup", "backup"]);
    expect(await purged("mdbox", "merge")).toEqual(["sync", "sync"]);
  });

  test("asks a Dovecot of another configuration", async () => {
    const { host, context, args, asked } = await setting();
    const config = "/etc/dovecot/inner.conf";
    await runModule(dsyncImport, { ...args, config, parallel: 1 }, host, context);
    expect((await asked()).every((line) => line.startsWith(`-c ${config} `))).toBe(true);
  });

  test("once new was opened only adds, and on old does nothing at all", async () => {
    const opened = await setting({}, { latches: ["new-opened"] });
    await expect(checkOnly(dsyncImport, opened.args, opened.host, opened.context)).rejects.toMatchObject({
      kind: "refused",
    });
    const merge = { ...opened.args, mode: "merge" } as const;
    await runModule(dsyncImport, merge, opened.host, opened.context);
    expect((await opened.asked())[0]).toMatch(/^sync -1 -R -l 30 -T 600 -u [xy]@a\.org maildir:/);
    const onOld = await setting({}, { sides: { old: ["mail-new"], new: [] } });
    await expect(checkOnly(dsyncImport, onOld.args, onOld.host, onOld.context)).rejects.toThrow("old host");
  });

  test("refuses while mail can come in", async () => {
    const { host, context, args } = await setting();
    host.answer(["cat", "/proc/net/tcp"], "   0: 00000000:0019 00000000:0000 0A\n");
    await expect(checkOnly(dsyncImport, args, host, context)).rejects.toThrow("listens on port 25");
  });

  test("refuses a copy that looks empty, or lacks more users than usual", async () => {
    const { host, context, args, path } = await setting();
    const none = { ...args, path: path("none") };
    await expect(checkOnly(dsyncImport, none, host, context)).rejects.toThrow("has no directory");
    const elsewhere = { ...args, maildir: "mail" };
    await expect(checkOnly(dsyncImport, elsewhere, host, context)).rejects.toThrow("holds 0 mailboxes");
    const names = Array.from({ length: 12 }, (_value, index) => `user${index}`);
    const many = await setting(
      Object.fromEntries(names.map((name) => [`copy/a.org/${name}/Maildir/cur/1.M`, ""])),
    );
    many.host.answer(["doveadm", "user", "*"], names.map((name) => `${name}@a.org\n`).join(""));
    await runModule(dsyncImport, many.args, many.host, many.context);
    for (const name of names) await rm(many.path(`copy/a.org/${name}`), { recursive: true });
    await expect(checkOnly(dsyncImport, many.args, many.host, many.context)).rejects.toThrow(
      "holds 3 mailboxes, and 12 were imported from it before: it looks empty or not mounted",
    );
  });

  test("takes mailboxes straight from another host, and touches again only whose changed there", async () => {
    const { host, context, args, asked, path } = await straight();
    const { change, applied, left } = await runModule(dsyncImport, args, host, context);
    expect(change?.summary).toBe(`import 2 mailboxes from mail-old:${args.path}`);
    expect(applied?.result).toEqual({ users: 2, imported: 2, without_mail: 0, orphans: ["a.org/gone"] });
    expect(left).toBeUndefined();
    const dovecot = "/etc/dovecot/dovecot.conf";
    const link = { source: "mail-old", target: "mail-new", directory: args.path, dovecot };
    expect(context.dataLinks).toEqual([link]);
    const ssh = "ssh -i /var/lib/mailferry/link -o BatchMode=yes root@192.0.2.10 mailferry-mailbox";
    expect((await asked()).filter((line) => line.includes("backup")).sort()).toEqual([
      `backup -R -l 30 -T 600 -u x@a.org ${ssh} x@a.org`,
      `backup -R -l 30 -T 600 -u y@a.org ${ssh} y@a.org`,
    ]);
    expect(await readdir(path("copy/a.org/x/Maildir"))).toContain("dovecot.index.log");
    await bring(path("copy/a.org/y/Maildir/cur/4.M:2,"), "four");
    expect((await runModule(dsyncImport, args, host, context)).applied?.result).toMatchObject({ users: 1 });
    const all = await checkOnly(dsyncImport, { ...args, full: true }, host, context);
    expect(all?.users.map(([user]) => user)).toEqual(["x@a.org", "y@a.org"]);
  });

  test("takes files beside the Maildir from there, too", async () => {
    const { host, context, args, path } = await straight();
    await runModule(dsyncImport, { ...args, files: ["sieve"] }, host, context);
    expect(await readFile(path("homes/x@a.org/sieve/a.sieve"), "utf8")).toBe("keep;");
    expect((await readdir(path("homes/x@a.org"))).sort()).toEqual(["sieve"]);
  });

  test.each(["o'brien", "r&d", "émile", "a b", "$(id)"])(
    "takes the files of %s by a list of names, for the link refuses words that are no plain names",
    async (name) => {
      const { host, context, args, asked, path } = await straight({
        [`copy/a.org/${name}/Maildir/cur/1.M:2,`]: "one",
        [`copy/a.org/${name}/sieve/b.sieve`]: "stop;",
        [`homes/${name}@a.org/sieve/gone.sieve`]: "old",
        ssh: ssh.replace("exec", `printf '%s\n' "$*" >>"\${0%/*}/asked"\nexec`),
      });
      host.answer(["doveadm", "user", "*"], `${name}@a.org\n`);
      await runModule(dsyncImport, { ...args, files: ["sieve"] }, host, context);
      expect(await readdir(path(`homes/${name}@a.org/sieve`))).toEqual(["b.sieve"]);
      const words = (await asked()).find((line) => line.startsWith("rsync --server"));
      expect(words).toMatch(/ --files-from=- --from0 \. \S+$/);
      expect(words).not.toContain(name);
    },
  );

  test("calls a host that has an IPv6 address alone as ssh wants it", async () => {
    const { host, context, args, asked, path } = await straight({}, "2001:db8::10");
    await runModule(dsyncImport, { ...args, files: ["sieve"] }, host, context);
    const imports = (await asked()).filter((line) => line.includes("backup"));
    expect(imports[0]).toMatch(/ root@2001:db8::10 mailferry-mailbox [xy]@a\.org$/);
    expect(await readFile(path("homes/x@a.org/sieve/a.sieve"), "utf8")).toBe("keep;");
  });

  test("an import from elsewhere outdates what is known of a copy, and begins nothing anew", async () => {
    const { host, context, args } = await straight({ "homes/y@a.org/sdbox/x": "an index" });
    const { from: _from, ...copyHere } = args;
    await runModule(dsyncImport, copyHere, host, context);
    expect(await checkOnly(dsyncImport, copyHere, host, context)).toBeUndefined();
    await runModule(dsyncImport, args, host, context);
    expect((await checkOnly(dsyncImport, copyHere, host, context))?.users).toHaveLength(2);
  });

  test("lets pass what goes away on another host meanwhile, and nothing else that can't be read", async () => {
    const { host, context, args, old } = await straight();
    const says = async (words: string) => {
      const find = `#!/bin/sh\n/usr/bin/find "$@"\necho "find: './a.org/x/a.lock': ${words}" >&2\nexit 1\n`;
      old.answer(["sh", "-c"], localShellWith(await directoryOf({ find })));
    };
    await says("No such file or directory");
    expect((await checkOnly(dsyncImport, { ...args, full: true }, host, context))?.users).toHaveLength(2);
    await says("Input/output error");
    await expect(checkOnly(dsyncImport, args, host, context)).rejects.toThrow("Input/output error");
  });

  test("refuses another host that looks empty", async () => {
    const { host, context, args, path } = await straight();
    const none = { ...args, path: path("none") };
    await expect(checkOnly(dsyncImport, none, host, context)).rejects.toThrow("mail-old has no directory");
    const elsewhere = { ...args, maildir: "mail" };
    await expect(checkOnly(dsyncImport, elsewhere, host, context)).rejects.toThrow("holds 0 mailboxes");
  });

  test("check mode asks no Dovecot, and counts what changed", async () => {
    const { host, context, args, path } = await setting({}, { checkMode: true });
    host.answer(["doveadm"], new Error("nobody is there"));
    const change = await checkOnly(dsyncImport, args, host, context);
    expect(change?.summary).toBe(`import 3 mailboxes from ${args.path}`);
    const none = { ...args, path: path("none") };
    expect(await checkOnly(dsyncImport, none, host, context)).toBeUndefined();
    expect(context.notices).toEqual([expect.stringContaining("would be refused: mail-new has no directory")]);
  });

  test.each([
    {},
    { path: "copy" },
    { path: "/c", home: "../%u" },
    { path: "/c", files: ["a/b"] },
    { path: "/c", files: ["*"] },
    { path: "/c", mode: "mirror" },
    { path: "/c", parallel: 0 },
    { path: "/c", source_config: "/etc/dovecot/dovecot.conf" },
  ])("does not take %j", (args) => {
    expect(refuses(dsyncImport, args)).toBeDefined();
  });
});
