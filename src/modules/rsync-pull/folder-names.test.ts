import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { type FakeCommand, FakeHost } from "../testing/fake-host.ts";
import { localShell } from "../testing/local-shell.ts";
import { compareFolderNames } from "./folder-names.ts";

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
    compare: (folders: readonly string[], standing: readonly string[] = [], packs = false, isHot = true) =>
      compareFolderNames({
        source: { host: host("old"), root: join(place, "old"), packs, mayLack: isHot },
        target: { host: host("new"), root: join(place, "new"), packs: !packs, mayLack: true },
        ...{ folders, standing, file: join(place, "names") },
      }),
  };
}

describe("names in folders of both sides", () => {
  test.each([true, false])(
    "come to what only one of them has, as bytes, the source's packed: %s",
    async (packs) => {
      const odd = "a/cur/4.\u00ff\n-odd:2,";
      const { place, compare } = await twoRoots(
        ["a/cur/1.x:2,S", "a/cur/2.x:2,", "a/new/3.x", "a/new/5.x", odd],
        ["a/cur/1.x:2,S", "a/new/2.x", "a/cur/5.x:2,", "a/cur/6.x"],
      );
      expect(await compare(["a/cur", "a/new"], [], packs)).toEqual({
        missing: ["a/cur/2.x:2,", odd, "a/new/3.x", "a/new/5.x"],
        extra: ["a/cur/5.x:2,", "a/cur/6.x", "a/new/2.x"],
        held: new Set(["a/cur/2.x", "a/cur/5.x"]),
      });
      expect(await readdir(place)).toEqual(["new", "old"]);
    },
  );

  test("of a folder that is gone are none", async () => {
    const { place, compare } = await twoRoots(["a/cur/1.x"], ["a/cur/1.x"]);
    await rename(join(place, "old/a/cur"), join(place, "old/elsewhere"));
    expect(await compare(["a/cur", "b/cur"])).toMatchObject({ missing: [], extra: ["a/cur/1.x"] });
  });

  // What holds it may not be mounted any more.
  test("of a folder that is gone make none extra where nobody works", async () => {
    const { place, compare } = await twoRoots(["a/cur/1.x"], ["a/cur/1.x"]);
    await rename(join(place, "old/a/cur"), join(place, "old/elsewhere"));
    await expect(compare(["a/cur"], [], false, false)).rejects.toThrow(
      /below .*\/old on old could be listed:\nfind: .*a\/cur.*No such file/,
    );
  });

  test("are not looked at where a directory that stood is gone on the target", async () => {
    const { compare } = await twoRoots([], []);
    expect(await compare(["a/cur"], ["a", "b"])).toBeUndefined();
    expect(await compare(["a/cur"], ["a"])).toMatchObject({ missing: [], extra: [] });
  });
});

test.each([
  ["find", "exec find", "kill -9 $$ #"],
  ["the sending", '| "$3"', "| { cat; false; }"],
  // Of a long standard error the end is kept: what else could not be read stood before it.
  ["nobody knows what", 'echo "mailferry: reading" >&2', ":"],
])("names of which %s failed make none extra", async (_, part, broken) => {
  const failing: FakeCommand["answer"] = (call) =>
    localShell({ ...call, argv: call.argv.map((word) => word.replace(part, broken)) });
  const { compare } = await twoRoots(["a/cur/1.x"], ["a/cur/1.x"], failing);
  await expect(compare(["a/cur"])).rejects.toThrow("not everything below");
});
