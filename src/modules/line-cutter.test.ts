import { expect, test } from "vitest";
import { LineCutter } from "./line-cutter.ts";

function cut(...pieces: (string | Buffer)[]): string[] {
  const lines: string[] = [];
  const cutter = new LineCutter((line) => lines.push(line));
  for (const piece of pieces) cutter.feed(Buffer.from(piece));
  cutter.end();
  return lines;
}

test("cuts lines out of pieces, letters in two pieces among them", () => {
  const bytes = Buffer.from("für\n\nzwei");
  expect(cut(bytes.subarray(0, 2), bytes.subarray(2))).toEqual(["für", "", "zwei"]);
  expect(cut("a\n")).toEqual(["a"]);
  expect(cut()).toEqual([]);
});

test("passes over the end of a long line, and never takes it for another", () => {
  const [first = "", second] = cut("x".repeat(20_000), "#failed y".repeat(10), "\nnext\n");
  expect(first).toBe("x".repeat(16_384));
  expect(second).toBe("next");
});
