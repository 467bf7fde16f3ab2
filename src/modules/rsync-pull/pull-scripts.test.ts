import { mkdir, mkdtemp, readFile, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { fakeContext } from "../testing/fake-context.ts";
import { FakeHost } from "../testing/fake-host.ts";
import { localShell, localShellWith } from "../testing/local-shell.ts";
import { filterRules } from "./filter-rules.ts";
import { refuseForeignMessages, refuseNewcomer, refuseOriginal } from "./known-messages.ts";
import { runPass } from "./pull-job.ts";
import { lookAtSide } from "./source-check.ts";
import { compareTrees } from "./tree-comparison.ts";

const here = new FakeHost({ commands: [{ argv: ["sh"], answer: localShell }] });

async function directory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "mailferry-test-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

async function write(root: string, name: string, content = ""): Promise<void> {
  // latin1: names are bytes.
  const path = Buffer.from(join(root, name), "latin1");
  await mkdir(dirname(path.toString("latin1")), { recursive: true });
  await writeFile(path, content);
  await utimes(path, 1e9, 1e9);
}

describe("the job of a pass", () => {
  const rsync = (exitCode: number): string[] => {
    const lines = [
      "",
      ">f+++++++++ example.org/j\\#303\\#266rg/Maildir/cur/1.a b:2,S",
      "cd+++++++++ example.org/jane/Maildir/",
      ".d..t...... ./",
      "*deleting   example.org/joe",
      "cannot delete non-empty directory: example.org/joe",
      "      100  10%    1.00MB/s    0:00:09 (xfr#1, to-chk=9/10)\r      200  20%    1.00MB/s    0:00:09 (xfr#2, to-chk=8/10)",
      "<fcst...... example.org/j\\#303\\#266rg/Maildir/new/2.b",
      "      300  30%    1.00MB/s    0:00:08 (xfr#3, to-chk=7/10)",
      "Number of files: 10",
      "Total file size: 300 bytes",
    ];
    return [
      "sh",
      "-c",
      'printf "%s\\n" "$1"; echo oops >&2; exit "$2"',
      "rsync",
      lines.join("\n"),
      String(exitCode),
    ];
  };

  test("counts what changed, names the mailbox it is at, thins out the progress, and keeps rsync's exit code", async () => {
    const dest = await directory();
    const seen: [number, string | undefined][] = [];
    const outcome = await runPass(rsync(24), { notes: undefined, dest }, here, ({ doneItems = 0, text }) =>
      seen.push([doneItems, text]),
    );
    expect(outcome).toMatchObject({
      exitCode: 24,
      stderr: "oops",
      items: 4,
      stats: { entries: 10, totalBytes: 300 },
    });
    expect(seen).toEqual([
      [1, "example.org/jane"],
      [3, "example.org/jörg"],
    ]);
  });

  test("ends rsync before the disk is full, whatever it still brings, and waits for nothing else", async () => {
    const [dest, programs] = [await directory(), await directory()];
    // 4 MB are free of 400 MB.
    // There is room to begin with.
    const stat = `#!/bin/sh
if [ -e "$0.asked" ]; then echo 1000 4096 100000; else echo 90000 4096 100000; fi
: >"$0.asked"
`;
    await writeFile(join(programs, "stat"), stat, { mode: 0o755 });
    const full = new FakeHost({ commands: [{ argv: ["sh"], answer: localShellWith(programs) }] });
    const outcome = await runPass(["sleep", "1000"], { notes: undefined, dest }, full, () => {});
    expect(outcome).toMatchObject({
      exitCode: 11,
      stderr: expect.stringContaining("the disk is nearly full"),
    });
    // Where there is little to begin with, the few mails of a freeze may still fit, and a lost link stays one.
    const lost = await runPass(["sh", "-c", "exit 12"], { notes: undefined, dest }, full, () => {});
    expect(lost).toMatchObject({ exitCode: 12, stderr: "" });
    // One that came through is none of its business.
    const through = await runPass(["true"], { notes: undefined, dest }, full, () => {});
    expect(through).toMatchObject({ exitCode: 0, stderr: "" });
  });

  test("notes the messages that are there now, by their unique names", async () => {
    const dest = await directory();
    const notes = { directory: join(await directory(), "pull"), pass: "1" };
    await write(dest, "a/Maildir/cur/1.x:2,S");
    await write(dest, "a/Maildir/new/2.x");
    await write(dest, "a/Maildir/cur/3.\u00ff\nodd:2,");
    await write(dest, "a/Maildir/dovecot-uidlist");
    await runPass(rsync(0), { notes, dest }, here, () => {});
    const known = await readFile(join(notes.directory, "known"), "latin1");
    expect(known.split("\0")).toEqual([
      "a/Maildir/cur/1.x",
      "a/Maildir/cur/2.x",
      expect.stringMatching(/^a\/Maildir\/cur\/3\..+\nodd$/),
      "",
    ]);
    await expect(stat(join(notes.directory, "pulling"))).rejects.toThrow();
  });
});

describe("messages that no pass brought", () => {
  test("are found by their names as bytes, and not confused by flags", async () => {
    const dest = await directory();
    const notes = { directory: join(await directory(), "pull"), pass: "1" };
    await write(dest, "a/cur/1.x:2,S");
    expect(await refuseForeignMessages(notes, dest, true, here)).toBe("adopted");
    await expect(refuseForeignMessages(notes, dest, false, here)).rejects.toMatchObject({
      kind: "refused",
      next: expect.stringContaining("adopt"),
    });
    await runPass(["true"], { notes, dest }, here, () => {});
    await write(dest, "a/cur/1.x:2,FS");
    expect(await refuseForeignMessages(notes, dest, false, here)).toBe("guarded");
    await write(dest, "a/new/9.\u00ff");
    await expect(refuseForeignMessages(notes, dest, true, here)).rejects.toThrow("1 messages");
    await writeFile(join(notes.directory, "pulling"), "");
    expect(await refuseForeignMessages(notes, dest, false, here)).toBe("unknown");
  });

  test("know a directory that no pass filled, beside others that passes did", async () => {
    const [work, dest] = [await directory(), await directory()];
    const [one, two] = [{ directory: join(work, "pull-1") }, { directory: join(work, "pull-2") }];
    await refuseNewcomer(two, dest, here);
    await write(one.directory, "known");
    await refuseNewcomer(one, dest, here);
    await expect(refuseNewcomer(two, dest, here)).rejects.toMatchObject({ kind: "refused" });
    await write(two.directory, "known");
    await refuseNewcomer(two, dest, here);
  });

  test("are never a copy on a host that mail was copied from", async () => {
    await refuseOriginal("/var/vmail", new FakeHost());
    const files = { "/var/lib/mailferry/copied-from": "2026-11-01T02:00:00.000Z\n" };
    await expect(refuseOriginal("/var/vmail", new FakeHost({ name: "mail", files }))).rejects.toMatchObject({
      kind: "refused",
      message:
        "the messages in /var/vmail on mail are no copy: mail was copied from this host since 2026-11-01T02:00:00.000Z",
      next: expect.stringContaining("wrong way round"),
    });
  });

  test("can't be in a directory that is not there", async () => {
    expect(await refuseForeignMessages({ directory: "/none" }, "/none/either", false, here)).toBe("guarded");
  });
});

test("a look at a side tells its real path, what a merge left in it, and its rsync", async () => {
  const place = await directory();
  await write(place, "vmail/.mailferry-merge/control");
  await symlink("vmail", join(place, "link"));
  const [left, none] = [await lookAtSide(join(place, "link"), here), await lookAtSide(place, here)];
  expect(left).toMatchObject({ directory: { path: join(place, "vmail") }, holdsWaitingRoom: true });
  expect(none).toMatchObject({ directory: { path: place }, holdsWaitingRoom: false });
  expect(left.abilities).toMatchObject({ version: expect.stringMatching(/^3\./) });
  const missing = await lookAtSide(join(place, "missing"), here);
  expect(missing).toMatchObject({ directory: undefined, holdsWaitingRoom: false, abilities: left.abilities });
});

describe("two trees", () => {
  test("compare as rsync would compare them", async () => {
    const [src, dest] = [await directory(), await directory()];
    for (const root of [src, dest]) {
      await write(root, "a/same", "1");
      await write(root, "a/-first", "1");
      await write(root, "a/longer", root === src ? "12345" : "1");
      await write(root, "a/dovecot.index", root === src ? "12" : "1");
    }
    await write(src, "a/only there", "123");
    await write(dest, "a/only here", "1");
    const trees = { source: here, src, target: here, dest, owner: undefined, group: undefined, id: "x" };
    const rules = filterRules({ maildir: true });
    const context = fakeContext();
    const found = await compareTrees({ ...trees, rules, delete: true }, context);
    expect(found).toEqual({ send: 2, sendBytes: 8, remove: 1, attributes: 0 });
    const kept = await compareTrees({ ...trees, rules, delete: false, owner: "nobody" }, context);
    expect(kept).toMatchObject({ remove: 0, attributes: 4 });
    const first = await compareTrees({ ...trees, dest: `${dest}/none`, rules, delete: true }, context);
    expect(first).toMatchObject({ send: 6, remove: 0 });
  });
});
