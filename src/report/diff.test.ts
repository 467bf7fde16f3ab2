import { expect, it } from "vitest";
import { diffLines } from "./diff.ts";

const textOf = (...args: Parameters<typeof diffLines>) => diffLines(...args).map(({ text }) => text);

it("shows a change as a unified diff", () => {
  const before = "a\nb\nc\n";
  expect(textOf({ path: "/etc/x", before, after: "a\nB\nc\n" })).toEqual([
    "--- /etc/x\tbefore",
    "+++ /etc/x\tafter",
    "@@ -1,3 +1,3 @@",
    " a",
    "-b",
    "+B",
    " c",
  ]);
});

it("shows a file that comes and one that goes", () => {
  expect(textOf({ path: "/new", before: undefined, after: "x\n" })).toContain("--- /dev/null\tnot there");
  expect(textOf({ path: "/gone", before: "x\n", after: undefined })).toContain("+++ /dev/null\tremoved");
});

it("says so where the last line has no end", () => {
  expect(textOf({ path: "/x", before: "a", after: "a\n" })).toContain("\\ No newline at end of file");
});

it("does not compute what nobody would read", () => {
  expect(textOf({ path: "/big", before: "x".repeat(2 ** 20), after: "y" })).toEqual([
    "/big: too long for a diff",
  ]);
});

it("tells added and removed lines by sign and by tone", () => {
  const lines = diffLines({ path: "/x", before: "a\n", after: "b\n" });
  expect(lines.filter(({ tone }) => tone === "added" || tone === "removed").map(({ text }) => text)).toEqual([
    "-a",
    "+b",
  ]);
});
