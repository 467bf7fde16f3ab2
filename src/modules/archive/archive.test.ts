import { execFileSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fakeContext } from "../testing/fake-context.ts";
import { FakeHost } from "../testing/fake-host.ts";
import { localShell, localShellWith } from "../testing/local-shell.ts";
import { refuses, runModule } from "../testing/run-module.ts";
import { type ArchiveArgs, archive } from "./archive.ts";

const odd = "it's $(odd)\nü \\n";

describe("archive", () => {
  let top: string;
  let dest: string;
  beforeEach(() => {
    top = mkdtempSync(join(tmpdir(), "mailferry-test-"));
    dest = join(top, "out.tgz");
    mkdirSync(join(top, "tree/sub"), { recursive: true });
    writeFileSync(join(top, "tree/a"), "one\n");
    writeFileSync(join(top, "tree/sub", odd), "two\n");
    symlinkSync("a", join(top, "tree/link"));
  });
  afterEach(() => rmSync(top, { recursive: true }));

  const programs = ["/bin/sh", "tar", "mktemp", "mv", "rm", "chmod"];
  /** All programs are those of this machine; the tree of the fake host knows of the archive what lies here. */
  const host = (path = dest) => {
    const local = new FakeHost({ commands: programs.map((argv) => ({ argv: [argv], answer: localShell })) });
    const look = () => {
      const found = statSync(path, { throwIfNoEntry: false });
      if (found === undefined) local.tree.entries.delete(path);
      else local.tree.put(path, { mode: (found.mode & 0o7777).toString(8).padStart(4, "0") });
    };
    look();
    local.answer(["mv"], (call) => {
      const answer = localShell(call);
      look();
      return answer;
    });
    local.answer(["chmod"], (call) => {
      const answer = localShell(call);
      look();
      return answer;
    });
    return local;
  };
  const pack = (args: Partial<ArchiveArgs> = {}) =>
    runModule(archive, { path: join(top, "tree"), dest, ...args }, host(args.dest));
  const listed = (path = dest) =>
    execFileSync("tar", ["-tf", path, "--quoting-style=literal", "--null"]).toString();

  test.each(["gz", "xz", "tar"] as const)(
    "packs a directory as %s, then has nothing left to do",
    async (format) => {
      const { change, applied, left } = await pack({ format });
      expect(change?.summary).toBe(`pack 5 entries into ${dest}`);
      expect(applied?.result).toEqual({ dest, arcroot: top });
      expect(statSync(dest).mode & 0o777).toBe(0o600);
      expect(left).toBeUndefined();
      mkdirSync(join(top, "back"));
      execFileSync("tar", ["-xf", dest, "-C", join(top, "back")]);
      expect(execFileSync("diff", ["-r", join(top, "tree"), join(top, "back/tree")]).toString()).toBe("");
      expect(readdirSync(top).sort()).toEqual(["back", "out.tgz", "tree"]);
    },
  );

  test.each<[string, () => void]>([
    ["changed", () => writeFileSync(join(top, "tree/a"), "other\n")],
    ["added", () => writeFileSync(join(top, "tree/b"), "")],
    ["removed", () => rmSync(join(top, "tree/sub"), { recursive: true })],
    ["given another mode", () => chmodSync(join(top, "tree/a"), 0o600)],
  ])("packs anew when something was %s", async (_what, edit) => {
    await pack({ mode: "0640" });
    edit();
    const { change, left } = await pack();
    expect(change).toBeDefined();
    expect(statSync(dest).mode & 0o777).toBe(0o640);
    expect(left).toBeUndefined();
  });

  test("packs anew for another format", async () => {
    await pack({ format: "tar" });
    expect((await pack({ format: "gz" })).change).toBeDefined();
    expect((await pack({ format: "tar" })).change).toBeDefined();
  });

  test("takes patterns, leaves paths out, and never packs itself", async () => {
    const inside = join(top, "tree/out.tar");
    const args = { path: join(top, "tree/*"), exclude_path: [join(top, "tree/s*")], dest: inside };
    const { left } = await pack(args);
    expect(listed(inside).trim().split("\n").sort()).toEqual(["a", "link"]);
    expect(left).toBeUndefined();
  });

  test("counts names from the directory that all paths lie in", async () => {
    const { applied } = await pack({ path: [join(top, "tree/a"), join(top, "tree/sub")] });
    expect(applied?.result?.arcroot).toBe(join(top, "tree"));
  });

  test("sets the mode alone of an archive that is right", async () => {
    await pack();
    const { change, left } = await pack({ mode: "0644" });
    expect(change?.summary).toBe(`${dest}: mode 0600 → 0644`);
    expect(left).toBeUndefined();
  });

  test("writes nothing while it only looks", async () => {
    const context = fakeContext({ checkMode: true });
    expect(await archive.check({ path: join(top, "tree"), dest }, host().reader(), context)).toBeDefined();
    expect(readdirSync(top)).toEqual(["tree"]);
    expect(await archive.check({ path: "/none", dest }, host().reader(), context)).toBeUndefined();
  });

  test("fails when there is nothing to pack, and leaves no half of an archive", async () => {
    await expect(pack({ path: "/none" })).rejects.toThrow("there is nothing at /none");
    const broken = host();
    broken.answer(["tar"], { exitCode: 2, stderr: "xz: Cannot exec: No such file or directory" });
    const run = runModule(archive, { path: join(top, "tree"), dest, format: "xz" }, broken);
    await expect(run).rejects.toThrow("xz is not installed");
    expect(readdirSync(top)).toEqual(["tree"]);
  });

  test("fails where it can't look into a directory, rather than leave that out", async () => {
    mkdirSync(join(top, "bin"));
    writeFileSync(join(top, "bin/find"), '#!/bin/sh\n/usr/bin/find "$@"\nexit 1\n', { mode: 0o755 });
    const broken = host();
    broken.answer(["/bin/sh"], localShellWith(join(top, "bin")));
    await expect(runModule(archive, { path: join(top, "tree"), dest }, broken)).rejects.toThrow();
    expect(readdirSync(top).sort()).toEqual(["bin", "tree"]);
  });

  test.each([
    { path: "/a" },
    { path: "a", dest: "/b" },
    { path: "/a", dest: "/b", format: "zip" },
    { path: "/a", dest: "/b", remove: true },
  ])("its schema refuses %j", (args) => expect(refuses(archive, args)).toBeDefined());
});
