import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { compareHomes, type Homes, listHomes } from "./homes.ts";

const run = promisify(execFile);
const here = {
  name: "here",
  address: "127.0.0.1",
  run: async ([command = "", ...argv]: readonly string[]) => (await run(command, argv)).stdout,
};
const maildir = "example.org/alice/Maildir";
let root: string;
let before: Homes;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "mailferry-homes-"));
});
afterAll(() => rm(root, { recursive: true }));

beforeEach(async () => {
  await rm(join(root, "example.org"), { recursive: true, force: true });
  for (const part of ["new", "cur", "tmp", ".Sent/cur"]) {
    await mkdir(join(root, maildir, part), { recursive: true });
  }
  await writeFile(join(root, maildir, "new", "1.a"), "first");
  await writeFile(join(root, maildir, ".Sent/cur", "2.a:2,FS"), "second");
  await writeFile(join(root, maildir, "tmp", "3.a"), "under way");
  before = await listHomes(here, root);
});

const differences = async () => compareHomes(before, await listHomes(here, root));
const move = (from: string, to: string) => rename(join(root, maildir, from), join(root, maildir, to));

test("a message is known by its folder and POP3 id, and what is still written is not listed", () => {
  expect(
    Object.keys(before)
      .filter((path) => /\d\.a/.test(path))
      .sort(),
  ).toEqual([`${maildir}/.Sent/2.a`, `${maildir}/1.a`]);
  expect(before[`${maildir}/.Sent/2.a`]).toMatch(
    /^flags "FS", file \d+ \S+:\S+ 6 bytes of \d+, SHA-256 \w{64}$/,
  );
});

test("what came since, and a message that a POP3 server moved to cur, are no differences", async () => {
  await writeFile(join(root, maildir, "new", "4.a"), "later");
  await move("new/1.a", "cur/1.a:2,");
  expect(await differences()).toEqual([]);
});

test.each([
  ["flags", () => move("new/1.a", "cur/1.a:2,S"), 'flags "", .* became flags "S", '],
  ["flags that are gone", () => move(".Sent/cur/2.a:2,FS", ".Sent/cur/2.a:2,S"), 'flags "FS", .* became'],
  ["a mode", () => run("chmod", ["0640", join(root, maildir, "new/1.a")]), "file 6.. .* became .*file 640"],
  ["a time", () => run("touch", ["-d", "@1", join(root, maildir, "new/1.a")]), "became .* of 1,"],
  [
    "bytes",
    () =>
      run("sh", [
        "-c",
        `f=$1; t=$(mktemp); cp -p "$f" "$t"; printf FIRST >"$f"; touch -r "$t" "$f"; rm "$t"`,
        "sh",
        join(root, maildir, "new/1.a"),
      ]),
    "^1.a .* became ",
  ],
] as const)("it sees %s that changed", async (_, change, detail) => {
  await change();
  expect(await differences()).toEqual([
    {
      user: "alice@example.org",
      folder: expect.any(String),
      kind: "changed",
      detail: expect.stringMatching(detail),
    },
  ]);
});

test("it sees a message in another folder as missing, and a folder that is gone", async () => {
  await move(".Sent/cur/2.a:2,FS", "cur/2.a:2,FS");
  await rm(join(root, maildir, ".Sent"), { recursive: true });
  const found = await differences();
  expect(found.map(({ kind }) => kind)).toEqual(["missing", "missing", "missing"]);
  expect(found.map(({ detail }) => detail.split(" ")[0]).sort()).toEqual([".Sent", "2.a", "cur"]);
});
