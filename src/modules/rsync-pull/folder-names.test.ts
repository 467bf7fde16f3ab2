import { mkdir, mkdtemp, readdir, rename, rm, rmdir, symlink, writeFile } from "node:fs/promises";
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

/** A shell in whose scripts something else stands in a part's place. */
const shellWith =
  (...parts: readonly (readonly [part: string, other: string])[]): FakeCommand["answer"] =>
  (call) => {
    const argv = parts.reduce(
      (words, [part, other]) => words.map((word) => word.replace(part, () => other)),
      [...call.argv],
    );
    return localShell({ ...call, argv });
  };

const withoutPerl = ["perl -e 1", "false"] as const;

const ways = [
  ["perl", localShell],
  ["find", shellWith(withoutPerl)],
] as const;

describe.each(ways)("names in folders of both sides, by %s", (_, shell) => {
  test.each([true, false])(
    "come to what only one of them has, as bytes, the source's packed: %s",
    async (packs) => {
      const odd = "a/cur/4.\u00ff\n-odd:2,";
      const { place, compare } = await twoRoots(
        ["a/cur/1.x:2,S", "a/cur/2.x:2,", "a/new/3.x", "a/new/5.x", odd],
        ["a/cur/1.x:2,S", "a/new/2.x", "a/cur/5.x:2,", "a/cur/6.x"],
        shell,
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
    const { place, compare } = await twoRoots(["a/cur/1.x"], ["a/cur/1.x"], shell);
    await rename(join(place, "old/a/cur"), join(place, "old/elsewhere"));
    expect(await compare(["a/cur", "b/cur"])).toMatchObject({ missing: [], extra: ["a/cur/1.x"] });
  });

  test("of a folder that is a link or a file are none, and a directory in a folder is a name as any", async () => {
    const { place, compare } = await twoRoots(["a/cur/1.x"], ["a/cur/1.x", "a/new/2.x"], shell);
    await mkdir(join(place, "new/a/cur/sub"));
    await rename(join(place, "old/a/cur"), join(place, "old/elsewhere"));
    await symlink("../elsewhere", join(place, "old/a/cur"));
    await rmdir(join(place, "old/a/new"));
    await writeFile(join(place, "old/a/new"), "");
    expect(await compare(["a/cur", "a/new"])).toMatchObject({
      missing: [],
      extra: ["a/cur/1.x", "a/cur/sub", "a/new/2.x"],
    });
  });

  // What holds it may not be mounted any more.
  test("of a folder that is gone make none extra where nobody works", async () => {
    const { place, compare } = await twoRoots(["a/cur/1.x"], ["a/cur/1.x"], shell);
    await rename(join(place, "old/a/cur"), join(place, "old/elsewhere"));
    await expect(compare(["a/cur"], [], false, false)).rejects.toThrow(
      /below .*\/old on old could be listed:\n.*a\/cur.*: No such file/,
    );
  });

  test("are not looked at where a directory that stood is gone on the target", async () => {
    const { compare } = await twoRoots([], [], shell);
    expect(await compare(["a/cur"], ["a", "b"])).toBeUndefined();
    expect(await compare(["a/cur"], ["a"])).toMatchObject({ missing: [], extra: [] });
  });
});

test.each([
  ["perl", shellWith(["my $code", "kill 9, $$; my $code"])],
  ["find", shellWith(withoutPerl, ["exec find", "kill -9 $$ #"])],
  ["the sending", shellWith(['| "$3"', "| { cat; false; }"])],
  // Of a long standard error the end is kept: what else could not be read stood before it.
  ["nobody knows what", shellWith(['echo "mailferry: reading" >&2', ":"])],
])("names of which %s failed make none extra", async (_, failing) => {
  const { compare } = await twoRoots(["a/cur/1.x"], ["a/cur/1.x"], failing);
  await expect(compare(["a/cur"])).rejects.toThrow("not everything below");
});
