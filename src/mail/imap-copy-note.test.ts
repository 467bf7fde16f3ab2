import { expect, test } from "vitest";
import { begunLine, copiedLine, noteHeadLine, readNote, refusedLine } from "./imap-copy-note.ts";

const head = { old: "17", new: "18" };

test("a note says what was copied, and what was on its way", () => {
  const text = [
    noteHeadLine(head),
    ...[begunLine(1), copiedLine(1, 7), begunLine(2), refusedLine(2), begunLine(3), copiedLine(4, 9)],
  ].join("");
  expect(readNote(text, head)).toEqual({
    copied: new Map([
      [1, 7],
      [4, 9],
    ]),
    begun: new Set([3]),
  });
});

test("a line that was cut off says nothing", () => {
  const text = `${noteHeadLine(head)}${begunLine(1)}1 7`;
  expect(readNote(text, head)).toEqual({ copied: new Map(), begun: new Set([1]) });
});

test("a note of other folders says nothing", () => {
  const text = noteHeadLine(head) + copiedLine(1, 7);
  for (const other of [
    { old: "17", new: "19" },
    { old: "1", new: "18" },
  ]) {
    expect(readNote(text, other).copied.size).toBe(0);
  }
  expect(readNote("", head).copied.size).toBe(0);
});
