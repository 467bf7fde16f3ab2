import { expect, test } from "vitest";
import { changeOfFolders } from "./folder-change.ts";

test("a message with other flags, or read, is renamed; others are sent and removed", () => {
  const missing = ["a/cur/1.x:2,S", "a/new/3.x"];
  expect(changeOfFolders({ missing, extra: ["a/new/1.x", "a/cur/4.x:2,S"] })).toEqual({
    renames: [["a/new/1.x", "a/cur/1.x:2,S"]],
    send: ["a/new/3.x"],
    remove: ["a/cur/4.x:2,S"],
  });
});

test.each([
  ["moved to another folder", ["a/.B/cur/1.x:2,S"], ["a/cur/1.x:2,S"]],
  ["on one side twice", ["a/cur/1.x:2,S"], ["a/cur/1.x:2,F", "a/new/1.x"]],
  ["in tmp, where nothing has flags", ["a/tmp/1.x:2,S"], ["a/tmp/1.x"]],
])("a message %s is no rename", (_what, missing, extra) => {
  expect(changeOfFolders({ missing, extra })).toEqual({ renames: [], send: missing, remove: extra });
});
