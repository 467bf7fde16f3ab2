import { expect, it } from "vitest";
import { liveLines } from "./live-lines.ts";

function linesOf(...pieces: (string | Buffer)[]): string[] {
  const seen: string[] = [];
  const lines = liveLines((more) => void seen.push(...more));
  for (const piece of pieces) lines.feed(Buffer.from(piece));
  lines.end();
  return seen;
}

it("hands on whole lines, however the output was cut", () => {
  expect(linesOf("on", "e\ntw", "o\nthree")).toEqual(["one", "two", "three"]);
});

it("ends a line at a carriage return too, and keeps letters of several bytes whole", () => {
  const umlaut = Buffer.from("ä\n");
  expect(linesOf("10%\r20%\r\n", umlaut.subarray(0, 1), umlaut.subarray(1))).toEqual(["10%", "20%", "ä"]);
});

it("cuts a line without an end", () => {
  expect(linesOf("x".repeat(70_000), "y").map(({ length }) => length)).toEqual([70_000, 1]);
});
