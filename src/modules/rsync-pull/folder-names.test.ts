import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { type FakeCommand, FakeHost } from "../testing/fake-host.ts";
import { localShell } from "../testing/local-shell.ts";
import { compareFolderNames, holdsMessage } from "./folder-names.ts";

/** Two mail roots with these files, and what the names in `folders` come to. */
async function twoRoots(
  there: readonly string[],
  here: readonly string[],
  shell: FakeCommand["answer"] = localShell,
) {
  const place = await mkdtemp(join(tmpdir(), "mailferry-test-"));
  onTestFinished(() => rm(place, { recursive: true, force: true }));
  for (const [root, names] of [
    ["old", there],
    ["new", here],
  ] as const) {
    for (const folder of ["a/cur", "a/new"]) await mkdir(join(place, root, folder), { recursive: true });
    for (const name of names) await writeFile(Buffer.from(join(place, root, name), "latin1"), "");
  }
  const host = (name: string) => new FakeHost({ name, commands: [{ argv: ["sh"], answer: shell }] });
  return {
    place,
    compare: (folders: readonly string[], standing: readonly string[] = []) =>
      compareFolderNames({
        ...{ source: host("old"), src: join(place, "old"), target: host("new"), dest: join(place, "new") },
        ...{ folders, standing, workDirectory: join(place, "work") },
      }),
  };
}

describe("names in folders of both sides", () => {
  test("come to what only one of them has, as bytes", async () => {
    const odd = "a/cur/4.\u00ff\n-odd:2,";
    const { compare } = await twoRoots(
      ["a/cur/1.x:2,S", "a/cur/2.x:2,", "a/new/3.x", odd],
      ["a/cur/1.x:2,S", "a/new/2.x", "a/cur/5.x:2,"],
    );
    const names = await compare(["a/cur", "a/new"]);
    expect(names?.missing).toEqual(["a/cur/2.x:2,", odd, "a/new/3.x"]);
    expect(names?.extra).toEqual(["a/cur/5.x:2,", "a/new/2.x"]);
    expect(["a/cur/1.x", "a/cur/3.x", "a/cur/5.x", "a/cur/1"].map((key) => names?.sourceHolds(key))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  test("of a folder that is gone are none", async () => {
    const { place, compare } = await twoRoots(["a/cur/1.x"], ["a/cur/1.x"]);
    await rename(join(place, "old/a/cur"), join(place, "old/elsewhere"));
    expect(await compare(["a/cur", "b/cur"])).toMatchObject({ missing: [], extra: ["a/cur/1.x"] });
  });

  test("are not looked at where a directory that stood is gone on the target", async () => {
    const { compare } = await twoRoots([], []);
    expect(await compare(["a/cur"], ["a", "b"])).toBeUndefined();
    expect(await compare(["a/cur"], ["a"])).toMatchObject({ missing: [], extra: [] });
  });
});

test("names that were not unpacked to their end make none extra", async () => {
  const cutShort: FakeCommand["answer"] = (call) =>
    localShell({ ...call, argv: call.argv.map((word) => word.replace("gzip -dc", "head -c 20 | gzip -dc")) });
  const { compare } = await twoRoots(["a/cur/1.x"], ["a/cur/1.x"], cutShort);
  await expect(compare(["a/cur"])).rejects.toThrow(
    "the names of old's messages could not be unpacked on new",
  );
});

test("a message is found among sorted names whatever its flags, and no other", () => {
  const names = ["a/cur/1.x", "a/cur/1.x:2,S", "a/cur/1.xy:2,", "a/cur/3.x:2,F", "a/new/2.x"];
  const sorted = Buffer.from(names.map((name) => `./${name}\0`).join(""), "latin1");
  const found = (key: string) => holdsMessage(sorted, key);
  expect(["a/cur/1.x", "a/cur/1.xy", "a/cur/2.x", "a/cur/3.x"].map(found)).toEqual([true, true, true, true]);
  expect(["a/cur/1", "a/cur/2", "a/cur/4.x", "b/cur/1.x", "0/cur/1.x"].map(found)).not.toContain(true);
  expect(holdsMessage(Buffer.alloc(0), "a/cur/1.x")).toBe(false);
});
