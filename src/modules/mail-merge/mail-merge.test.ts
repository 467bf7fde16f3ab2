import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { LatchName } from "../../contract/latch.ts";
import { pullId } from "../rsync-pull/known-messages.ts";
import { type FakeContext, fakeContext } from "../testing/fake-context.ts";
import { FakeHost } from "../testing/fake-host.ts";
import { localShellWith } from "../testing/local-shell.ts";
import { checkOnly, lookWith, refuses, runModule } from "../testing/run-module.ts";
import { mailMerge } from "./mail-merge.ts";
import { mailMergeProof } from "./mail-merge-proof.ts";

const owner = String(process.getuid?.() ?? 0);
const group = String(process.getgid?.() ?? 0);
const args = { from: "mail-new", path: "/var/vmail", owner, group };
const proofArgs = { from: "mail-new", path: "/var/vmail" };
const john = "example.org/john/Maildir";

/** Two mail roots on this machine, as two hosts have them under one path. */
interface Pair {
  readonly old: FakeHost;
  readonly context: FakeContext;
  readonly oldRoot: string;
  readonly newRoot: string;
  readonly work: string;
  /** Programs that the hosts take before the system's. */
  readonly programs: string;
}

async function pair(
  onOld: Readonly<Record<string, string>>,
  onNew: Readonly<Record<string, string>>,
  latches: readonly LatchName[] = ["old-frozen", "new-opened", "new-frozen"],
  tcp = "",
): Promise<Pair> {
  const directory = await mkdtemp(join(tmpdir(), "mailferry-test-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const [oldRoot, newRoot] = [join(directory, "old"), join(directory, "new")];
  for (const [root, files] of [[oldRoot, onOld] as const, [newRoot, onNew] as const]) {
    for (const part of ["cur", "new", "tmp"]) await mkdir(join(root, john, part), { recursive: true });
    for (const [name, content] of Object.entries(files)) await write(root, name, content);
  }
  // An rsync that takes what is named on its input from new's root.
  await write(
    directory,
    "bin/rsync",
    `#!/bin/sh
[ "$*" = --version ] && { echo "rsync  version 3.2.7  protocol version 31"; exit 0; }
for dest do :; done
here=$PWD
cd "${newRoot}" && to="$here/$dest" xargs -0 -r sh -c '
  for name do
    [ ! -d "$name" ] || { mkdir -p -- "$to/$name" && chmod --reference="$name" -- "$to/$name" || exit 255; }
    [ -d "$name" ] || cp -p --parents -t "$to" -- "$name" || exit 255
  done' sh
`,
  );
  await chmod(join(directory, "bin/rsync"), 0o755);
  const work = join(directory, "work");
  const shell = localShellWith(join(directory, "bin"));
  const machine = (name: string, root: string) =>
    new FakeHost({
      name,
      commands: [
        { argv: ["cat", "/proc/net/tcp"], answer: tcp },
        {
          argv: ["sh"],
          answer: (call) =>
            shell({
              ...call,
              argv: call.argv.map((word) =>
                word.replaceAll("/var/vmail", root).replaceAll("/var/lib/mailferry", `${work}-${name}`),
              ),
            }),
        },
      ],
    });
  const [old, fresh] = [machine("mail-old", oldRoot), machine("mail-new", newRoot)];
  const sides = { old: ["mail-old"], new: ["mail-new"] };
  const programs = join(directory, "bin");
  return {
    old,
    oldRoot,
    newRoot,
    work,
    programs,
    context: fakeContext({ peers: [old, fresh], sides, latches }),
  };
}

async function write(root: string, name: string, content: string): Promise<void> {
  // latin1: names are bytes.
  const path = Buffer.from(join(root, name), "latin1");
  await mkdir(dirname(path.toString("latin1")), { recursive: true });
  await writeFile(path, content, "latin1");
}

/** Puts a program before the system's that is killed when its words match a pattern of the shell's. */
async function kill(programs: string, name: string, pattern: string): Promise<void> {
  const script = `#!/bin/sh
case "$*" in ${pattern}) cat >/dev/null; kill -9 $$ ;; esac
exec /usr/bin/${name} "$@"
`;
  await write(programs, name, script);
  await chmod(join(programs, name), 0o755);
}

/** The files below a root with what they hold. */
async function filesOf(root: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  const { stdout } = spawnSync("find", [root, "-type", "f", "-printf", "%P\\0"], { encoding: "latin1" });
  for (const name of stdout.split("\0").filter((path) => path !== "")) {
    found[name] = await readFile(Buffer.from(join(root, name), "latin1"), "latin1");
  }
  return found;
}

const before = {
  [`${john}/cur/1.a,S=1:2,`]: "a",
  [`${john}/cur/2.b,S=1:2,a`]: "b",
  [`${john}/cur/3.c,S=1:2,S`]: "c",
  [`${john}/new/4.d,S=1`]: "d",
  [`${john}/dovecot-uidlist`]: "3 V7 N5 Gx\n1 :1.a,S=1\n2 :2.b,S=1\n3 :3.c,S=1\n",
  [`${john}/dovecot-keywords`]: "0 $Forwarded\n",
  [`${john}/subscriptions`]: "V\t2\n\nSent\n",
  "example.org/john/.dovecot.sieve": "keep;",
};

describe("mail_merge", () => {
  test("adds what only new has, takes over flags and UIDs, and takes nothing away", async () => {
    const after = {
      // Flagged, with a keyword that old has no letter for; a message of old's is gone, one was seen.
      [`${john}/cur/1.a,S=1:2,Fab`]: "a",
      [`${john}/cur/2.b,S=1:2,a`]: "b",
      [`${john}/cur/4.d,S=1:2,S`]: "d",
      [`${john}/cur/5.e,S=2:2,b`]: "ee",
      [`${john}/new/6.\u00ff\n-odd`]: "odd",
      [`${john}/.Work/cur/7.g:2,S`]: "gg",
      [`${john}/.Work/dovecot-uidlist`]: "3 V9 N2 Gy\n1 :7.g\n",
      "example.org/anna/Maildir/new/8.h": "of a user that old never had",
      [`${john}/dovecot-uidlist`]: "3 V7 N8 Gz\n1 :1.a,S=1\n2 :2.b,S=1\n5 :4.d,S=1\n6 :5.e,S=2\n",
      [`${john}/dovecot-keywords`]: "0 $Forwarded\n1 Work\n",
      [`${john}/subscriptions`]: "V\t2\n\nSent\nWork\n",
      "example.org/john/.dovecot.sieve": "discard;",
    };
    const { old, context, oldRoot } = await pair(before, after);
    const { change, left } = await runModule(mailMerge, args, old, context);
    expect(change?.summary).toBe("bring back from mail-new: 4 messages, 2 changes of flags, 2 folders");
    expect(change?.merges).toEqual({ oldHost: "mail-old", newHost: "mail-new", root: "/var/vmail" });
    expect(left).toBeUndefined();
    expect(await filesOf(oldRoot)).toEqual({
      [`${john}/cur/1.a,S=1:2,Fab`]: "a",
      [`${john}/cur/2.b,S=1:2,a`]: "b",
      [`${john}/cur/3.c,S=1:2,S`]: "c",
      [`${john}/cur/4.d,S=1:2,S`]: "d",
      [`${john}/cur/5.e,S=2:2,b`]: "ee",
      [`${john}/new/6.\u00ff\n-odd`]: "odd",
      [`${john}/.Work/cur/7.g:2,S`]: "gg",
      [`${john}/.Work/maildirfolder`]: "",
      [`${john}/.Work/dovecot-uidlist`]: "3 V9 N2 Gy\n1 :7.g\n",
      "example.org/anna/Maildir/new/8.h": "of a user that old never had",
      [`${john}/dovecot-uidlist`]: "3 V7 N8 Gx\n1 :1.a,S=1\n2 :2.b,S=1\n3 :3.c,S=1\n5 :4.d,S=1\n6 :5.e,S=2\n",
      [`${john}/dovecot-keywords`]: "0 $Forwarded\n1 Work\n",
      [`${john}/subscriptions`]: "V\t2\n\nSent\nWork\n",
      "example.org/john/.dovecot.sieve": "keep;",
    });
    expect(change?.result).toMatchObject({
      ...{ added: 4, flags: 2, kept: 1, clash: 0, folders: 2, differing: 1, conflicts: 0 },
      named: { kept: [`${john}/cur/3.c,S=1:2,S`], differing: ["example.org/john/.dovecot.sieve"] },
    });
    expect(await readFile(String(change?.result?.file), "utf8")).toContain('"what":"kept"');
  });

  test("makes a home that only new has as it is there", async () => {
    const home = "example.org/anna";
    const { old, context, oldRoot, newRoot } = await pair(before, {
      ...before,
      [`${home}/Maildir/new/8.h`]: "h",
    });
    await chmod(join(newRoot, home), 0o711);
    await chmod(join(newRoot, home, "Maildir"), 0o750);
    expect((await runModule(mailMerge, args, old, context)).left).toBeUndefined();
    const modes = [home, `${home}/Maildir`, `${home}/Maildir/cur`].map(
      (name) => statSync(join(oldRoot, name)).mode & 0o7777,
    );
    expect(modes).toEqual([0o711, 0o750, 0o750]);
  });

  test("brings other files that only new has where they are asked for, and writes over none", async () => {
    const anna = "mail.example.org/anna@mail.example.org";
    const after = {
      ...before,
      [`${anna}/password`]: "hers",
      [`${anna}/notes`]: "not asked for",
      "example.org/john/password": "changed on new",
    };
    const known = { ...before, "example.org/john/password": "his" };
    const { old, context, oldRoot } = await pair(known, after);
    const { change, left } = await runModule(mailMerge, { ...args, files: ["password"] }, old, context);
    expect(left).toBeUndefined();
    expect(await filesOf(oldRoot)).toEqual({ ...known, [`${anna}/password`]: "hers" });
    expect(change?.summary).toContain("0 folders, 1 other files");
    expect(change?.result).toMatchObject({
      ...{ files: 1, differing: 2 },
      named: { differing: expect.arrayContaining(["example.org/john/password", `${anna}/notes`]) },
    });
  });

  test("leaves the owners as they are on new where none is named", async () => {
    const merging = async (given: object) => {
      const { old, context } = await pair(before, { ...before, [`${john}/new/5.e`]: "e" });
      await runModule(mailMerge, given, old, context);
      return old.changesRun().join("\n");
    };
    expect(await merging(args)).toContain(`--chown=${owner}:${group}`);
    expect(await merging({ from: args.from, path: args.path })).not.toContain("--chown");
  });

  test("takes names that a shell would act on as they are", async () => {
    const odd = {
      "example.org/$(touch attacked);'\"`touch attacked`/Maildir/new/1.x": "of an odd user",
      "-rf/-x \n&/Maildir/cur/2.y:2,S": "of an odd domain",
      [`${john}/.$(touch attacked)*\\ \t|x/cur/3.z:2,`]: "in an odd folder",
      [`${john}/new/--help`]: "an option",
      [`${john}/new/*'"$HOME;touch attacked`]: "a command",
    };
    const { old, context, oldRoot } = await pair(before, { ...before, ...odd });
    expect((await runModule(mailMerge, args, old, context)).left).toBeUndefined();
    const { [`${john}/.$(touch attacked)*\\ \t|x/maildirfolder`]: _made, ...found } = await filesOf(oldRoot);
    expect(found).toEqual({ ...before, ...odd });
    expect((await lookWith(mailMergeProof, proofArgs, old, context)).result).toEqual({ messages: 9 });
    expect(existsSync("attacked")).toBe(false);
  });

  test("takes Maildirs that were made of mail in another format: the same by GUID, under that name", async () => {
    const here = {
      [`${john}/cur/1.a,S=9:2,`]: "a, by lines",
      [`${john}/cur/2.copied:2,S`]: "b",
      [`${john}/cur/4.seen:2,`]: "d",
      [`${john}/dovecot-uidlist`]: "3 V7 N5 Gx\n1 :1.a,S=9\n2 Gb,S=1 :2.copied\n3 Gb,S=1 :gone\n4 :4.seen\n",
    };
    const there = {
      // A copy within the folder, what came since, what nobody saw again, and what came and went.
      [`${john}/cur/9.new,S=7:2,F`]: "a, made anew",
      [`${john}/cur/8.new:2,S`]: "b",
      [`${john}/cur/7.new:2,`]: "b",
      [`${john}/new/6.new`]: "ee",
      [`${john}/new/4.seen`]: "d",
      [`${john}/dovecot-uidlist`]:
        "3 V7 N9 Gx\n1 G1.a,S=9 :9.new,S=7\n2 Gb,S=1 :8.new\n4 :4.seen\n6 Gb,S=1 :7.new\n7 G00ff :6.new\n",
    };
    const { old, context, oldRoot } = await pair(here, there);
    // As if it lay elsewhere there.
    const converted = { ...args, source: args.path };
    const { change, left } = await runModule(mailMerge, converted, old, context);
    expect(change?.result).toMatchObject({ added: 2, flags: 1, kept: 0, clash: 0, conflicts: 0 });
    expect(left).toBeUndefined();
    expect(await filesOf(oldRoot)).toEqual({
      ...here,
      [`${john}/cur/1.a,S=9:2,`]: undefined,
      [`${john}/cur/1.a,S=9:2,F`]: "a, by lines",
      [`${john}/cur/b.6,S=1:2,`]: "b",
      [`${john}/new/00ff`]: "ee",
      [`${john}/dovecot-uidlist`]:
        "3 V7 N9 Gx\n1 :1.a,S=9\n2 Gb,S=1 :2.copied\n3 Gb,S=1 :gone\n4 :4.seen\n6 Gb,S=1 :b.6,S=1\n7 :00ff\n",
    });
    const proven = { ...proofArgs, source: args.path };
    expect((await lookWith(mailMergeProof, proven, old, context)).result).toEqual({ messages: 5 });
    await rm(join(oldRoot, `${john}/new/00ff`));
    await expect(lookWith(mailMergeProof, proven, old, context)).rejects.toThrow("new/6.new");
  });

  test("check mode says that nobody made these Maildirs yet", async () => {
    const { old, context } = await pair(before, before);
    const checking = { ...context, checkMode: true };
    const none = { ...args, source: "/var/none" };
    expect(await checkOnly(mailMerge, none, old, checking)).toBeUndefined();
    expect(context.notices).toEqual([expect.stringContaining("there is no /var/none on mail-new yet")]);
  });

  test("gives a message whose name is taken a name of its own, once", async () => {
    const { [`${john}/cur/1.a,S=1:2,`]: _seenSince, ...others } = before;
    const after = { ...others, [`${john}/cur/1.a,S=1:2,S`]: "other" };
    const { old, context, oldRoot } = await pair(before, after);
    expect((await runModule(mailMerge, args, old, context)).left).toBeUndefined();
    const files = await filesOf(oldRoot);
    expect(files[`${john}/cur/1.a,S=1:2,`]).toBe("a");
    expect(files[`${john}/cur/1.a.mailferry-back,S=1:2,S`]).toBe("other");
    expect((await lookWith(mailMergeProof, proofArgs, old, context)).result).toEqual({ messages: 4 });
  });

  test("goes on where it was broken off", async () => {
    const after = { ...before, [`${john}/new/5.e`]: "e", [`${john}/new/6.f`]: "f" };
    const { old, context, oldRoot } = await pair(
      { ...before, [`${john}/new/5.e`]: "e", [`.mailferry-merge/${john}/new/6.f`]: "f" },
      after,
    );
    const { change, left } = await runModule(mailMerge, args, old, context);
    expect(change?.summary).toContain("1 messages");
    expect(left).toBeUndefined();
    expect(Object.keys(await filesOf(oldRoot)).sort()).toEqual(Object.keys(after).sort());
  });

  test("lets the next move begin with a comparison of both trees, and with all of new's messages known", async () => {
    const { old, context, work } = await pair(before, { ...before, [`${john}/new/5.e`]: "e" });
    const notes = `${work}-mail-new/pull-${pullId("mail-old", "/var/vmail")}`;
    await write(notes, "known", `${john}/cur/1.a,S=1\0`);
    await write(notes, "pass", "1\n2:3\n");
    expect((await runModule(mailMerge, args, old, context)).left).toBeUndefined();
    expect(await readdir(notes)).toEqual(["known"]);
    const known = (await readFile(`${notes}/known`, "latin1")).split("\0");
    expect(known).toEqual([
      ...["1.a,S=1", "2.b,S=1", "3.c,S=1", "4.d,S=1", "5.e"].map((name) => `${john}/cur/${name}`),
      "",
    ]);
  });

  test("is not noted while a program of it is killed, and then is", async () => {
    for (const program of ["find", "sed", "mv"]) {
      const { old, context, work, programs } = await pair(before, { ...before, [`${john}/new/5.e`]: "e" });
      const notes = `${work}-mail-new/pull-${pullId("mail-old", "/var/vmail")}`;
      await write(notes, "known", `${john}/cur/1.a,S=1\0`);
      await write(notes, "pass", "1\n2:3\n");
      const pattern = { find: "*%P*", sed: "-z*", mv: "*known.new*" }[program] ?? "";
      await kill(programs, program, pattern);
      await expect(runModule(mailMerge, args, old, context), program).rejects.toThrow();
      await rm(join(programs, program));
      expect((await runModule(mailMerge, args, old, context)).left, program).toBeUndefined();
      expect(await readdir(notes)).toEqual(["known"]);
      expect(await readFile(`${notes}/known`, "latin1")).toContain("5.e");
    }
  });

  test("takes its waiting room away when nothing else is left to do", async () => {
    const { old, context, oldRoot } = await pair({ ...before, ".mailferry-merge/control": "x" }, before);
    expect((await runModule(mailMerge, args, old, context)).left).toBeUndefined();
    expect(Object.keys(await filesOf(oldRoot)).sort()).toEqual(Object.keys(before).sort());
  });

  test("only where new is frozen, and only from new to old", async () => {
    for (const latches of [[], ["new-opened"], ["new-frozen"]] as const) {
      const { old, context } = await pair(before, before, latches);
      await expect(checkOnly(mailMerge, args, old, context)).rejects.toThrow("was opened and is frozen");
    }
    const { old, context } = await pair(before, before);
    const wrong = checkOnly(mailMerge, { ...args, from: "mail-old" }, old, context);
    await expect(wrong).rejects.toThrow("brings mail from a new host back to an old one");
  });

  test("only where old stands still", async () => {
    const thawed = await pair(before, before, ["new-opened", "new-frozen"]);
    await expect(checkOnly(mailMerge, args, thawed.old, thawed.context)).rejects.toThrow("was not frozen");
    const imap = "  sl  local_address rem_address   st\n   0: 00000000:008F 00000000:0000 0A 0\n";
    const served = await pair({}, before, undefined, imap);
    await expect(checkOnly(mailMerge, args, served.old, served.context)).rejects.toThrow(
      "listens on port 143",
    );
    // Where the server works on for others the playbook sees to it that nobody comes to these mailboxes.
    const beside = { ...args, closed_ports: [] };
    expect(await checkOnly(mailMerge, beside, served.old, served.context)).toBeDefined();
    await expect(checkOnly(mailMerge, beside, thawed.old, thawed.context)).rejects.toThrow("was not frozen");
  });

  test("refuses a new server that lacks many of old's folders: something may not be mounted there", async () => {
    const folders = Array.from({ length: 40 }, (_none, index) => `example.net/user${index}/Maildir`);
    const more = Object.fromEntries(folders.map((folder) => [`${folder}/cur/1.m:2,`, "m"]));
    const { old, context, oldRoot, newRoot } = await pair({ ...before, ...more }, before);
    await expect(checkOnly(mailMerge, args, old, context)).rejects.toMatchObject({
      message: expect.stringContaining("/var/vmail on mail-new has 1 of the 41 folders that mail-old has"),
      next: expect.stringContaining("min_source_share: 0.02"),
    });
    await checkOnly(mailMerge, { ...args, min_source_share: 0 }, old, context);
    // Folders that users removed are no reason, nor are as many that came.
    await rm(join(oldRoot, "example.net"), { recursive: true });
    for (const folder of folders.slice(0, 20)) await write(oldRoot, `${folder}/cur/1.m:2,`, "m");
    for (const folder of folders.slice(20)) await write(newRoot, `${folder}/cur/1.m:2,`, "m");
    expect((await checkOnly(mailMerge, args, old, context))?.merge.result).toMatchObject({ kept: 20 });
  });

  test("names what it found in a file of its own for each of several roots", async () => {
    const { old, context } = await pair({}, before);
    const change = await checkOnly(mailMerge, { ...args, save_as: "mail-merge-net" }, old, context);
    expect(change?.merge.result.file).toMatch(/\/mail-merge-net\.jsonl$/);
  });

  test.each([{ path: "/x" }, { ...args, path: "x" }, { ...args, delete: true }, { ...args, files: ["a/b"] }])(
    "does not take %j",
    (given) => {
      expect(refuses(mailMerge, given)).toBeDefined();
    },
  );
});

describe("mail_merge_proof", () => {
  test("says so when all of new's messages are on old, whatever their flags", async () => {
    const { old, context } = await pair(before, { [`${john}/cur/4.d,S=1:2,S`]: "d" });
    const { proof, message } = await lookWith(mailMergeProof, proofArgs, old, context);
    expect(message).toBe("all 1 messages of mail-new are on mail-old");
    expect(proof).toMatchObject({
      oldHost: "mail-old",
      newHost: "mail-new",
      isBack: true,
      root: "/var/vmail",
    });
  });

  test.each([
    ["is missing", { [`${john}/cur/9.z:2,S`]: "z" }, `${john}/cur/9.z:2,S`],
    ["is in another folder", { [`${john}/.Sent/cur/1.a,S=1:2,`]: "a" }, ".Sent"],
    ["has another size", { [`${john}/cur/1.a,S=1:2,`]: "aa" }, "1.a"],
  ])("fails when one %s", async (_what, after, named) => {
    const { old, context } = await pair(before, after);
    await expect(lookWith(mailMergeProof, proofArgs, old, context)).rejects.toThrow(named);
  });

  test.each(["sed", "sort"])("proves nothing by a list that %s cut short", async (program) => {
    const { old, context, programs } = await pair(before, before);
    await kill(programs, program, "*");
    const look = lookWith(mailMergeProof, { ...proofArgs, allow_empty: true }, old, context);
    await expect(look).rejects.toThrow(`${program} did not end well`);
  });

  test("proves nothing where there is no mail, but on request", async () => {
    const { old, context } = await pair(before, {});
    await expect(lookWith(mailMergeProof, proofArgs, old, context)).rejects.toThrow("proves nothing");
    const allowed = { ...proofArgs, allow_empty: true };
    expect((await lookWith(mailMergeProof, allowed, old, context)).proof).toBeDefined();
  });
});
