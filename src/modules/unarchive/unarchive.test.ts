import { execFileSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { BadInput, Refused } from "../../contract/errors.ts";
import { fakeContext } from "../testing/fake-context.ts";
import { FakeHost } from "../testing/fake-host.ts";
import { localShell } from "../testing/local-shell.ts";
import { refuses, runModule } from "../testing/run-module.ts";
import { type UnarchiveArgs, unarchive } from "./unarchive.ts";

const odd = "it's $(odd) ü";

describe("unarchive", () => {
  let top: string;
  let dest: string;
  beforeEach(() => {
    top = mkdtempSync(join(tmpdir(), "mailferry-test-"));
    dest = join(top, "dest");
    mkdirSync(dest);
    mkdirSync(join(top, "tree/sub"), { recursive: true });
    writeFileSync(join(top, "tree/a"), "one\n", { mode: 0o640 });
    writeFileSync(join(top, "tree/sub", odd), "two\n");
    utimesSync(join(top, "tree/a"), 1_000_000_000, 1_000_000_000);
  });
  afterEach(() => rmSync(top, { recursive: true }));

  const pack = (program: string, ...words: string[]) => {
    execFileSync(program, words, { cwd: join(top, "tree") });
  };
  const packed = (format: string): Buffer => {
    const path = join(top, `a.${format}`);
    if (format === "zip") pack("zip", "-qr", path, ".");
    else pack("tar", "-caf", path, "a", "sub");
    return readFileSync(path);
  };

  /** The tree of the fake host knows what the test says lies there; all programs are those of this machine. */
  const host = (files: Record<string, { type: "directory" } | string> = {}) =>
    new FakeHost({
      facts: { uid: userInfo().uid },
      files: { [dest]: { type: "directory" }, ...files },
      commands: [["/bin/sh"], ["tar"], ["xargs"], ["head"]].map((argv) => ({
        argv,
        answer: (call) => localShell({ ...call, ...inDirectory(call.argv, call.options.directory) }),
      })),
    });
  const inDirectory = (argv: readonly string[], directory: string | undefined) =>
    directory === undefined ? {} : { argv: ["/usr/bin/env", "-C", directory, ...argv] };
  const run = (args: Partial<UnarchiveArgs>, content: Buffer, on = host()) =>
    runModule(
      unarchive,
      { src: "a.any", dest, ...args },
      on,
      fakeContext({ projectFiles: { "files/a.any": content } }),
    );

  test.each(["tar", "tar.gz", "tar.xz", "zip"])("unpacks a %s of the project, once", async (format) => {
    const content = packed(format);
    const { change, left } = await run({}, content);
    expect(change?.summary).toContain(`unpack a.any into ${dest}: `);
    expect(readFileSync(join(dest, "sub", odd), "utf8")).toBe("two\n");
    expect(statSync(join(dest, "a")).mode & 0o777).toBe(0o640);
    expect(left).toBeUndefined();
  });

  test.each(["tar.gz", "zip"])("mends what was changed in what a %s has brought", async (format) => {
    const content = packed(format);
    await run({}, content);
    writeFileSync(join(dest, "a"), "three\n");
    const { change, left } = await run({}, content);
    expect(change).toBeDefined();
    expect(readFileSync(join(dest, "a"), "utf8")).toBe("one\n");
    expect(left).toBeUndefined();
  });

  test("unpacks what lies on the host", async () => {
    packed("tar.gz");
    const src = join(top, "a.tar.gz");
    const on = host({ [src]: "there" });
    const { left } = await runModule(unarchive, { src, dest, remote_src: true }, on);
    expect(readdirSync(dest).sort()).toEqual(["a", "sub"]);
    expect(left).toBeUndefined();
    const none = runModule(unarchive, { src: "/none", dest, remote_src: true }, on);
    await expect(none).rejects.toThrow("there is no file /none");
  });

  test.each(["tar", "zip"])("leaves members of a %s out", async (format) => {
    const content = packed(format);
    expect((await run({ exclude: ["sub*"] }, content)).left).toBeUndefined();
    expect(readdirSync(dest)).toEqual(["a"]);
    rmSync(join(dest, "a"));
    expect((await run({ include: [`sub/${odd}`] }, content)).left).toBeUndefined();
    expect(readdirSync(dest)).toEqual(["sub"]);
  });

  test.each(["tar", "zip"])("gives the members of a %s a mode", async (format) => {
    const content = packed(format);
    const { left } = await run({ mode: "0600" }, content);
    expect(statSync(join(dest, "a")).mode & 0o777).toBe(0o600);
    expect(statSync(join(dest, "sub")).mode & 0o777).toBe(0o700);
    expect(left).toBeUndefined();
    const { change } = await run({ mode: "0644" }, content);
    expect(change?.summary).toContain("owner or mode of 3 members");
    expect(statSync(join(dest, "sub")).mode & 0o777).toBe(0o755);
  });

  test("keeps newer files, when told to", async () => {
    const content = packed("tar.gz");
    await run({}, content);
    writeFileSync(join(dest, "a"), "newer\n");
    const on = host({ [join(dest, "a")]: "newer\n" });
    expect((await run({ keep_newer: true }, content, on)).change).toBeUndefined();
    expect(readFileSync(join(dest, "a"), "utf8")).toBe("newer\n");
    await expect(run({ keep_newer: true }, packed("zip"))).rejects.toBeInstanceOf(BadInput);
  });

  test("puts members with absolute names below the directory, once", async () => {
    const src = join(top, "absolute.tar");
    pack("tar", "-cPf", src, join(top, "tree/a"));
    const { left } = await run({}, readFileSync(src));
    expect(readFileSync(join(dest, top, "tree/a"), "utf8")).toBe("one\n");
    expect(left).toBeUndefined();
  });

  test("does nothing when there is what it creates", async () => {
    const { change } = await run({ creates: "/made" }, packed("tar"), host({ "/made": "" }));
    expect(change).toBeUndefined();
  });

  test("writes nothing while it only looks", async () => {
    for (const format of ["tar.gz", "zip"]) {
      const context = fakeContext({ checkMode: true, projectFiles: { "files/a": packed(format) } });
      expect(await unarchive.check({ src: "a", dest }, host().reader(), context)).toBeDefined();
    }
    expect(readdirSync(dest)).toEqual([]);
  });

  test("foresees what needs an earlier task", async () => {
    const context = fakeContext({ checkMode: true, projectFiles: { "files/a": packed("tar") } });
    const change = await unarchive.check({ src: "a", dest: "/none" }, host().reader(), context);
    expect(change?.summary).toBe("unpack a into /none");
    const there = { src: "/none.tgz", dest, remote_src: true };
    expect((await unarchive.check(there, host().reader(), context))?.summary).toContain("unpack /none.tgz");
  });

  test("refuses no archive, no directory, and the place of mail", async () => {
    await expect(run({}, Buffer.from("this is no archive"))).rejects.toThrow("tar");
    await expect(run({ dest: "/none" }, packed("tar"))).rejects.toThrow("is not there");
    await expect(run({ dest: "/var/vmail/example.org" }, packed("tar"))).rejects.toBeInstanceOf(Refused);
    mkdirSync(join(top, "tree/mail/anna"), { recursive: true });
    for (const format of ["tar", "zip"]) {
      pack(
        format === "zip" ? "zip" : "tar",
        format === "zip" ? "-qr" : "-cf",
        join(top, `mail.${format}`),
        "mail",
      );
      const content = readFileSync(join(top, `mail.${format}`));
      const intoVar = run({ dest: "/var" }, content, host({ "/var": { type: "directory" } }));
      await expect(intoVar).rejects.toThrow("unarchive: /var/mail is a place of mail");
    }
  });

  test.each(["tar", "zip"])("touches each member of a %s", async (format) => {
    const { change } = await run({}, packed(format));
    const touched = change === undefined ? [] : await unarchive.touches(change, host());
    const members = ["a", "sub", `sub/${odd}`].map((name) => ({ path: join(dest, name), how: "write" }));
    expect(touched).toEqual(expect.arrayContaining(members));
  });

  const outside = () => join(top, "outside");
  const attacks: readonly (readonly [string, string, string])[] = [
    ["tar", "..", "tar -cPf $out --transform 's,^a,../a,' a"],
    ["tar", "..", "tar -cPf $out --transform 's,^a,sub/../../a,' a"],
    ["zip", "..", "cd sub && zip -q $out ../a"],
    ["zip", "..", "cp a '..\\b' && zip -q $out '..\\b'"],
    ["zip", "backslash", "cp a 'sub\\b' && zip -q $out 'sub\\b'"],
    ["tar", "a link", "mkdir out && cp a out && tar -cf $out out/a"],
    ["zip", "a link", "mkdir out && cp a out && zip -qr $out out"],
  ];
  test.each(attacks)(
    "writes nothing of a %s outside of its directory: %s %s",
    async (format, _why, script) => {
      const file = join(top, `attack.${format}`);
      pack("/bin/sh", "-c", script.replaceAll("$out", file));
      mkdirSync(outside());
      symlinkSync(outside(), join(dest, "out"));
      const before = readdirSync(top).toSorted();
      const owned = { mode: "0777" } as const;
      await expect(run(owned, readFileSync(file))).rejects.toBeInstanceOf(Refused);
      expect(readdirSync(outside())).toEqual([]);
      expect(readdirSync(dest)).toEqual(["out"]);
      expect(readdirSync(top).toSorted()).toEqual(before);
    },
  );

  test.each(["tar", "zip"])("nothing of a %s goes through its own links", async (format) => {
    mkdirSync(outside());
    // A link that leads out, and behind it a member below it.
    symlinkSync(outside(), join(top, "tree/link"));
    const file = join(top, `own.${format}`);
    if (format === "zip") pack("zip", "-qy", file, "link");
    else pack("tar", "-cf", file, "link");
    rmSync(join(top, "tree/link"));
    mkdirSync(join(top, "tree/link"));
    writeFileSync(join(top, "tree/link/evil"), "evil\n");
    if (format === "zip") pack("zip", "-q", file, "link/evil");
    else pack("tar", "-rf", file, "link/evil");
    await run({}, readFileSync(file)).catch(() => undefined);
    expect(readdirSync(outside())).toEqual([]);
  });

  test("a link that a zip brought is so the second time", async () => {
    symlinkSync("a", join(top, "tree/link"));
    pack("zip", "-qy", join(top, "link.zip"), "a", "link");
    const { left } = await run({}, readFileSync(join(top, "link.zip")));
    expect(readlinkSync(join(dest, "link"))).toBe("a");
    expect(left).toBeUndefined();
  });

  test("names the package that a format needs", async () => {
    const bare = host();
    bare.answer(["tar"], { exitCode: 2, stderr: "tar (child): xz: Cannot exec: No such file or directory" });
    bare.answer(["/bin/sh"], "tar (child): xz: Cannot exec: No such file or directory\n2");
    await expect(run({}, packed("tar.xz"), bare)).rejects.toMatchObject({
      message: "xz is not installed on mail-new",
      next: "Install it before: apt: { name: xz-utils }",
    });
  });

  test.each([
    { src: "a" },
    { src: "a", dest: "b" },
    { src: "https://example.org/a.tgz", dest: "/b" },
    { src: "a", dest: "/b", exclude: "c" },
    { src: "a", dest: "/b", extra_opts: ["-v"] },
  ])("its schema refuses %j", (args) => expect(refuses(unarchive, args)).toBeDefined());
});
