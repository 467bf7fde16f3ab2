import stringWidth from "string-width";
import { expect, it } from "vitest";
import { formatProblems, sortProblems } from "./problems.ts";

const source = `first line\n    password: "hunter2"\n\tindented\n${"x".repeat(200)}here${"y".repeat(200)}\n`;
const at = (line: number, column: number) => ({ file: "f.yml", line, column });

it("shows place, line, caret and the way out", () => {
  const text = formatProblems([{ message: "no", place: at(1, 7), hint: "say yes" }], () => source);
  expect(text).toBe("f.yml:1:7: no\n    1 | first line\n      |       ^\n    → say yes");
});

it("never shows what looks like a password", () => {
  expect(formatProblems([{ message: "no", place: at(2, 5) }], () => source)).not.toContain("hunter2");
});

it("cuts a long line round the spot and keeps the caret under it", () => {
  const [, line = "", caret = ""] = formatProblems(
    [{ message: "no", place: at(4, 201) }],
    () => source,
  ).split("\n");
  expect(line.length).toBeLessThan(140);
  expect(line.slice(caret.indexOf("^")).startsWith("here")).toBe(true);
});

it("keeps the caret under the spot behind wide characters, tabs and masked words", () => {
  const caretUnder = (line: string, word: string) => {
    const place = { file: "f.yml", line: 1, column: line.indexOf(word) + 1 };
    const [, shown = "", caret = ""] = formatProblems([{ message: "no", place }], () => line).split("\n");
    return { expected: stringWidth(shown.slice(0, shown.indexOf(word))), found: caret.indexOf("^") };
  };
  for (const line of ["名前: {{ here }}", "\ta: here", "a: 📮📮 é here", 'password: "x", b: here']) {
    const { expected, found } = caretUnder(line, "here");
    expect(found, line).toBe(expected);
  }
});

it("tells the way into a role", () => {
  const chain = ['play "new"', "role maildir (hot)", 'task "Copy"'];
  const text = formatProblems([{ message: "no", place: at(1, 7), chain, hint: "say yes" }], () => source);
  expect(text.split("\n").slice(3)).toEqual([
    '    in play "new" → role maildir (hot) → task "Copy"',
    "    → say yes",
  ]);
});

it("does without a place, without the file, and past the end of the line", () => {
  expect(formatProblems([{ message: "no", severity: "warning" }], () => source)).toBe("warning: no");
  expect(formatProblems([{ message: "no", place: at(1, 1) }], () => undefined)).toBe("f.yml:1:1: no");
  expect(formatProblems([{ message: "no", place: at(1, 99) }], () => source)).toContain("^");
});

it("sorts by line and tells a thing once", () => {
  const problems = [
    { message: "later", place: at(3, 1) },
    { message: "sooner", place: at(1, 2) },
    { message: "later", place: at(3, 1) },
  ];
  expect(sortProblems(problems).map(({ message }) => message)).toEqual(["sooner", "later"]);
});
