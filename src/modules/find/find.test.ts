import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { BadInput } from "../../contract/errors.ts";
import type { JsonObject } from "../../contract/json.ts";
import { FakeHost } from "../testing/fake-host.ts";
import { localShell } from "../testing/local-shell.ts";
import { lookWith, refuses } from "../testing/run-module.ts";
import { type FindArgs, find } from "./find.ts";

const odd = 'it\'s "odd"\n$(name) ü';

describe("find", () => {
  let top: string;
  beforeEach(() => {
    top = mkdtempSync(join(tmpdir(), "mailferry-test-"));
    mkdirSync(join(top, "sub/deep"), { recursive: true });
    writeFileSync(join(top, "a.log"), "one\ntwo\n", { mode: 0o640 });
    writeFileSync(join(top, "b.txt"), "x".repeat(3000));
    writeFileSync(join(top, ".hidden"), "");
    writeFileSync(join(top, odd), "two\n");
    writeFileSync(join(top, "sub/c.log"), "three\n");
    writeFileSync(join(top, "sub/deep/d.log"), "four\n");
    symlinkSync("sub", join(top, "link"));
    const longAgo = Date.now() / 1000 - 3 * 86_400;
    utimesSync(join(top, "a.log"), longAgo, longAgo);
  });
  afterEach(() => rmSync(top, { recursive: true }));

  const host = () =>
    new FakeHost({ commands: [["/bin/sh"], ["xargs"]].map((argv) => ({ argv, answer: localShell })) });
  const look = async (args: Omit<FindArgs, "paths">) =>
    (await lookWith(find, { paths: top, ...args }, host())).result as JsonObject & {
      files: readonly { path: string; checksum?: string }[];
    };
  const names = async (args: Omit<FindArgs, "paths">) =>
    (await look(args)).files.map(({ path }) => path.slice(top.length + 1)).sort();

  test.each<[string, Omit<FindArgs, "paths">, string[]]>([
    ["the files that lie there", {}, ["a.log", "b.txt", odd]],
    ["hidden ones too", { hidden: true }, [".hidden", "a.log", "b.txt", odd]],
    ["a pattern", { patterns: "*.log" }, ["a.log"]],
    ["several patterns in a string", { patterns: "*.log,[b-c].*" }, ["a.log", "b.txt"]],
    ["all but some", { excludes: ["*.log", "it's*"] }, ["b.txt"]],
    ["an expression, at the start", { patterns: "[a-z]\\.", use_regex: true }, ["a.log", "b.txt"]],
    ["each that an expression matches", { patterns: ".", use_regex: true }, ["a.log", "b.txt", odd]],
    ["directories", { file_type: "directory" }, ["sub"]],
    ["links", { file_type: "link" }, ["link"]],
    ["below", { recurse: true, patterns: "*.log" }, ["a.log", "sub/c.log", "sub/deep/d.log"]],
    ["some levels below", { recurse: true, depth: 2, patterns: "*.log" }, ["a.log", "sub/c.log"]],
    ["through links", { recurse: true, follow: true, patterns: "c.log" }, ["link/c.log", "sub/c.log"]],
    ["old ones", { age: "2d" }, ["a.log"]],
    ["young ones", { age: "-2d" }, ["b.txt", odd]],
    ["old ones by another time", { age: "2d", age_stamp: "ctime" }, []],
    ["large ones", { size: "2k" }, ["b.txt"]],
    ["small ones", { size: -100 }, ["a.log", odd]],
    ["ones that hold something", { contains: "^tw(o|ice)$" }, ["a.log", odd]],
    ["ones that hold nothing of it", { contains: "nothing" }, []],
  ])("finds %s", async (_what, args, expected) => {
    expect(await names(args)).toEqual([...expected].sort());
  });

  test("tells what each is", async () => {
    const { files, matched, examined } = await look({ patterns: "a.log", get_checksum: true });
    expect({ matched, examined }).toEqual({ matched: 1, examined: 6 });
    expect(files[0]).toMatchObject({
      path: join(top, "a.log"),
      mode: "0640",
      size: 8,
      isreg: true,
      isdir: false,
      islnk: false,
      checksum: execFileSync("sha256sum", [join(top, "a.log")])
        .toString()
        .slice(0, 64),
    });
    const links = await look({ file_type: "link" });
    expect(links.files[0]).toMatchObject({ islnk: true, lnk_source: "sub" });
  });

  test("says what it could not look at", async () => {
    execFileSync("sh", ["-c", `touch "$0/$(printf 'a\\377b')"`, top]);
    const paths = [top, join(top, "none"), join(top, "a.log")];
    const { result } = await lookWith(find, { paths, patterns: "a*" }, host());
    expect(result?.skipped_paths).toEqual({
      [`${top}/a\\xffb`]: "its name is not UTF-8",
      [join(top, "none")]: "is not there",
      [join(top, "a.log")]: "is no directory",
    });
    expect(result?.matched).toBe(1);
  });

  test.each<Omit<FindArgs, "paths">>([{ age: "2q" }, { size: "3y" }, { patterns: "(", use_regex: true }])(
    "refuses %j before it looks",
    async (args) => {
      const untouched = new FakeHost();
      await expect(lookWith(find, { paths: "/", ...args }, untouched)).rejects.toBeInstanceOf(BadInput);
      expect(untouched.commands).toEqual([]);
    },
  );

  test("fails for an expression that grep doesn't take", async () => {
    await expect(look({ contains: "(" })).rejects.toThrow("exit code 2");
  });

  test.each([
    {},
    { paths: "a" },
    { paths: [] },
    { paths: "/a", age: "two days" },
    { paths: "/a", depth: 0 },
    { paths: "/a", contains: "a", file_type: "any" },
    { paths: "/a", path: "/b" },
  ])("its schema refuses %j", (args) => expect(refuses(find, args)).toBeDefined());
});
