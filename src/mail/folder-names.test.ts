import { describe, expect, test } from "vitest";
import { byMaildir, compareNames, folderNames } from "./folder-names.ts";

async function* inPieces(...pieces: readonly string[]): AsyncGenerator<Buffer> {
  for (const piece of pieces) yield Buffer.from(piece, "latin1");
}

async function namesOf(folders: readonly string[], ...pieces: readonly string[]) {
  const names: (readonly string[])[] = [];
  for await (const found of folderNames(folders, inPieces(...pieces))) names.push(found);
  return names;
}

describe("what find prints of folders", () => {
  const folders = ["a/cur", "a/new", "b/cur"];

  test("is a list for each of them, however it is cut", async () => {
    const printed = ["", "0./a/cur", "1x", "1y", "", "0./a/new", "", "0./b/cur", "1\xff\n", ""].join("\0");
    const wanted = [["1x", "1y"], [], ["1\xff\n"]];
    for (let at = 0; at <= printed.length; at += 1) {
      expect(await namesOf(folders, printed.slice(0, at), printed.slice(at))).toEqual(wanted);
    }
  });

  test("has none of a folder that was not there", async () => {
    expect(await namesOf(folders)).toEqual([[], [], []]);
    expect(await namesOf(folders, "\0", "0./a/new\0", "1x\0")).toEqual([[], ["1x"], []]);
  });

  // It became one behind the listing; the next pass sees what it is.
  test("has a directory by its name, and no folder that is a link", async () => {
    expect(await namesOf(folders, "\0", "0./a/cur\0", "\0", "1./a/cur/sub\0", "1x\0", "0cur\0")).toEqual([
      ["1sub", "1x"],
      [],
      [],
    ]);
  });

  test.each([
    ["a folder that nobody asked for", ["\0", "0./c/cur\0"]],
    ["folders in another order", ["\0", "0./a/new\0", "\0", "0./a/cur\0"]],
    ["a directory without its path", ["\0", "0./a/cur\0", "\0", "1sub\0"]],
    ["a name of no folder", ["1x\0"]],
    ["no depth", ["\0", "0./a/cur\0", "x\0"]],
    ["a name that is cut short", ["\0", "0./a/cur\0", "1x"]],
  ])("is refused with %s", async (_, pieces) => {
    await expect(namesOf(folders, ...pieces)).rejects.toThrow("which no find prints");
  });
});

test("names that only one side has lead nowhere else", async () => {
  const told = (name: string) => inPieces("\0", "0./a/cur\0", `1${name}\0`);
  for (const name of ["..", "x/y", "."]) {
    await expect(compareNames([["a/cur"]], told(name), inPieces())).rejects.toThrow("which no find prints");
    await expect(compareNames([["a/cur"]], inPieces(), told(name))).rejects.toThrow("which no find prints");
  }
});

test("all messages of a large folder may have other names", async () => {
  const count = 150_000;
  const told = (flags: string) =>
    inPieces("\0", "0./a/cur\0", Array.from({ length: count }, (_, at) => `1${at}.x:2,${flags}\0`).join(""));
  const { missing, extra, held } = await compareNames([["a/cur"]], told("S"), told(""));
  expect([missing.length, extra.length, held.size]).toEqual([count, count, count]);
});

test("a message is held under the name that the notes have for it, whatever stands behind its flags", async () => {
  const there = inPieces("\0", "0./a/cur\0", "11.x:2,S\0");
  const { held } = await compareNames([["a/cur"]], there, inPieces("\0", "0./a/cur\0", "11.x:2,S:2,T\0"));
  expect([...held]).toEqual(["a/cur/1.x"]);
});

test("what one side told is let go of where the other one told what no find prints", async () => {
  let isOpen = true;
  async function* told(): AsyncGenerator<Buffer> {
    try {
      yield* inPieces("\0", "0./a/cur\0", "1x\0", "\0", "0./b/cur\0", "1y\0");
    } finally {
      isOpen = false;
    }
  }
  const folders = ["a/cur", "b/cur"];
  const theirs = inPieces("\0", "0./a/cur\0", "\0", "0./b/cur\0", "\0", "0./c/cur\0");
  const compared = compareNames([folders], theirs, told());
  await expect(compared).rejects.toThrow("which no find prints");
  expect(isOpen).toBe(false);
});

test("folders are taken by Maildirs, the root's own too", () => {
  expect(byMaildir(["a/cur", "cur", "a/b/cur", "a/new", "new"])).toEqual([
    ["a/cur", "a/new"],
    ["cur", "new"],
    ["a/b/cur"],
  ]);
});
