import { expect, test } from "vitest";
import { LineSplitter } from "./lines.ts";

function linesOf(...chunks: (string | Buffer)[]): string[] {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line));
  for (const chunk of chunks) splitter.push(Buffer.from(chunk));
  splitter.end();
  return lines;
}

test.each([
  { chunks: ["a\nb\n"], lines: ["a", "b"] },
  { chunks: ["  1%\r 50%\r100%\n"], lines: ["  1%", " 50%", "100%"] },
  { chunks: ["a\r\nb\r", "\nc"], lines: ["a", "b", "c"] },
  { chunks: ["a\n\nb"], lines: ["a", "", "b"] },
  { chunks: ["a", "b", "\nc\n"], lines: ["ab", "c"] },
  { chunks: ["a\r", "b\n"], lines: ["a", "b"] },
  { chunks: [""], lines: [] },
])("cuts $chunks", ({ chunks, lines }) => {
  expect(linesOf(...chunks)).toEqual(lines);
});

test("keeps a character whole that two chunks share", () => {
  const bytes = Buffer.from("é\n");
  expect(linesOf(bytes.subarray(0, 1), bytes.subarray(1))).toEqual(["é"]);
});

test("keeps the beginning of a line without an end, and what comes behind it", () => {
  const [long = "", next] = linesOf(...Array<string>(40).fill("x".repeat(100_000)), "y\nnext\n");
  expect([long.length, new Set(long).size, next]).toEqual([1024 * 1024, 1, "next"]);
});
