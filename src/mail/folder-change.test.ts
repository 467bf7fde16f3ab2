import { expect, test } from "vitest";
import { compareFolders } from "./folder-change.ts";

const compare = (source: string[], target: string[]) => compareFolders(new Set(source), new Set(target));

test("a message with other flags, or read, is renamed; others are sent and removed", () => {
  expect(
    compare(["a/cur/1.x:2,S", "a/cur/2.x:2,", "a/new/3.x"], ["a/new/1.x", "a/cur/2.x:2,", "a/cur/4.x:2,S"]),
  ).toEqual({
    renames: [["a/new/1.x", "a/cur/1.x:2,S"]],
    send: ["a/new/3.x"],
    remove: ["a/cur/4.x:2,S"],
    kept: ["a/cur/1.x:2,S", "a/cur/2.x:2,", "a/new/3.x"],
  });
});

test.each([
  ["moved to another folder", ["a/.B/cur/1.x:2,S"], ["a/cur/1.x:2,S"]],
  ["on one side twice", ["a/cur/1.x:2,S"], ["a/cur/1.x:2,F", "a/new/1.x"]],
  ["in tmp, where nothing has flags", ["a/tmp/1.x:2,S"], ["a/tmp/1.x"]],
])("a message %s is no rename", (_what, source, target) => {
  expect(compare(source, target)).toEqual({ renames: [], send: source, remove: target, kept: source });
});
