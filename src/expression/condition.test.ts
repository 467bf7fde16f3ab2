import { describe, expect, it } from "vitest";
import { BadInput } from "../contract/errors.ts";
import { checkCondition, evaluateCondition, namesInCondition } from "./condition.ts";
import { resolveVariables } from "./variables.ts";

const variables = resolveVariables([
  {
    name: "play vars",
    literal: false,
    values: { n: 3, half: 1.5, text: "{{other}}", other: "abc", list: [1, 2, "x"], flag: true, none: null },
  },
  { name: "registered", literal: true, values: { result: { rc: 0, stdout: "a b", stdout_lines: ["a b"] } } },
]);
const place = { file: "play.yml", line: 4, column: 9 };
const evaluate = (text: string) => evaluateCondition({ text, place }, variables);

describe("evaluateCondition", () => {
  it.each([
    "n == 3",
    "n + 1 == 4",
    "n / 2 == 1 && n % 2 == 1",
    "half * 2.0 == 3.0",
    "n > 2 && half < 2.0",
    'text == "abc"',
    "result.rc == 0",
    "result.rc + n == 3",
    "size(result.stdout_lines) == 1",
    'result.stdout.split(" ")[1] == "b"',
    "1 in entries && 'x' in entries",
    'entries.exists(e, e == "x")',
    'text.startsWith("a") && text.endsWith("c") && text.contains("b") && text.matches("^a.c$")',
    "has(result.rc) && !has(result.stderr)",
    "defined(result.rc) && !defined(result.stderr) && !defined(nobody) && !defined(nobody.at.all)",
    'int("3") == n && string(n) == "3"',
    "none == null",
    'result.?stderr.orValue("") == ""',
    "flag ? true : false",
    "true",
  ])("holds: %s", (text) => {
    const withEntries = { ...variables, entries: [1, 2, "x"] };
    expect(evaluateCondition({ text, place }, withEntries)).toBe(true);
  });

  it.each([
    [
      "result.stderr == ''",
      "`result.stderr` is not there",
      16,
      "write `has(result.stderr) && …` when it may be missing",
    ],
    ["nobody == 1", "`nobody` is not defined", 9, "write `defined(nobody) && …` when it may be missing"],
    ["n", "the condition `n` gives the number 3, not true or false", 9, "write `n != 0`"],
    ["text", 'the condition `text` gives the text "abc", not true or false', 9, undefined],
    ["n > text", "the condition `n > text`: can't be computed: int > string", 9, undefined],
    ["n = 3", "the condition `n = 3` is not CEL: a single `=`", 11, "compare with `==`"],
    ["", "the condition is empty", 9, undefined],
    [
      "frobnicate(n)",
      "the condition `frobnicate(n)`: no function or method fits 'frobnicate(dyn)'",
      9,
      undefined,
    ],
  ])("refuses %s", (text, message, column, hint) => {
    const problem = problemsOf(() => evaluate(text))[0];
    expect(problem).toMatchObject({ message, place: { file: "play.yml", line: 4, column } });
    if (hint !== undefined) expect(problem?.hint).toBe(hint);
  });

  it("tells of a variable that is false in words that CEL does not know", () => {
    const problem = problemsOf(() => evaluateCondition({ text: "x", place }, { x: "yes" }))[0];
    expect(problem?.hint).toContain("true or false without quotes");
  });
});

describe("checkCondition", () => {
  const known = new Set(["n", "flag", "result", "list"]);
  const check = (text: string) => checkCondition({ text, place }, known);

  it.each([
    ["result.x.y == 1 && flag", []],
    ["result.results.exists(r, r.rc == n)", []],
    ["result.results.map(r, r.rc).size() == n", []],
    ["defined(whatever)", []],
    ["flagg", ["unknown variable `flagg`"]],
    ["result.results.exists(r, r.rc == m)", ["unknown variable `m`"]],
    ["n + 1", ["the condition `n + 1` is of type int, not true or false"]],
    ["size(n)", ["the condition `size(n)` is of type int, not true or false"]],
  ])("%s", (text, messages) => {
    expect(check(text).map((problem) => problem.message)).toEqual(messages);
  });

  it.each([
    ["x is defined", "defined(x)"],
    ["x is not defined or y is failed", "!defined(x) || y.failed"],
    ["not flag and n == 3", "!flag && n == 3"],
    ["x not in [1, 2]", "!(x in [1, 2])"],
    ["x | length > 0", "size(x) > 0"],
    ["x | default(false)", "default(x, false)"],
    ["x is not changed", "!x.changed"],
    ["not (a or b)", "!(a || b)"],
    ["x == None", "x == null"],
    ["{{ flag }}", "flag"],
    ["flag == True", "flag == true"],
  ])("knows Jinja: %s", (text, cel) => {
    expect(check(text)[0]?.hint).toBe(`write \`${cel}\``);
  });

  it("takes words in quotes for what they are", () => {
    expect(check('result.stdout == "not and is defined | x"')).toEqual([]);
  });
});

it("namesInCondition gives each name once", () => {
  expect(namesInCondition("a.b == c && a.d in e.filter(x, x == f)")).toEqual(["a", "c", "e", "f"]);
});

function problemsOf(action: () => unknown) {
  try {
    action();
  } catch (error) {
    if (error instanceof BadInput) return error.problems;
    throw error;
  }
  throw new Error("nothing was refused");
}
