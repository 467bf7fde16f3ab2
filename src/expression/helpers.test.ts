import { describe, expect, it } from "vitest";
import { BadInput, Failure } from "../contract/errors.ts";
import type { Variables } from "../contract/host.ts";
import type { Json } from "../contract/json.ts";
import { evaluateSource } from "./condition.ts";
import { withControlReader } from "./control-lookups.ts";
import { helpers } from "./helpers.ts";
import { renderValue } from "./template.ts";

const variables: Variables = {
  letters: ["b", "a", "b"],
  numbers: [10, 9, 100],
  users: [{ name: "b" }, { name: "a" }],
  table: { a: 1, b: { c: [2] } },
  none: [],
  text: "one\n\ntwo",
};
const place = { file: "play.yml", line: 1, column: 1 };
const plain = (value: Json): Json => JSON.parse(JSON.stringify(value));
const render = (text: string, all = variables) => plain(renderValue(text, all, place));
const evaluate = (text: string, all = variables) => plain(evaluateSource({ text, place }, all));

function problemOf(action: () => unknown) {
  try {
    action();
  } catch (error) {
    if (error instanceof BadInput) return error.problems[0];
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("every helper", () => {
  it.each(Object.entries(helpers))("%s gives what its example says", (_, { example: [template, result] }) => {
    const nothing = { environment: () => undefined, file: () => undefined };
    expect(render(template, withControlReader({ ...variables }, nothing))).toEqual(result);
  });
});

describe("helpers", () => {
  it.each<[string, Json]>([
    ["{{int 3.9}}", 3],
    ['{{int "-4"}}', -4],
    ['{{bool "Off"}}', false],
    ["{{ternary none 1 2}}", 2],
    ["{{indent text}}", "one\n\n    two"],
    ['{{comment text ";"}}', "; one\n;\n; two"],
    ['{{regexMatch text "tw."}}', true],
    ["{{unique letters}}", ["b", "a"]],
    ["{{sort letters}}", ["a", "b", "b"]],
    ["{{sort numbers}}", [9, 10, 100]],
    ['{{sort users "name"}}', [{ name: "a" }, { name: "b" }]],
    ['{{reverse "abc"}}', "cba"],
    [
      "{{items table}}",
      [
        { key: "a", value: 1 },
        { key: "b", value: { c: [2] } },
      ],
    ],
    ["{{combine table table.b}}", { a: 1, b: { c: [2] }, c: [2] }],
    ["{{yaml table}}", "a: 1\nb:\n  c:\n    - 2"],
    ["{{json table 1}}", '{\n "a": 1,\n "b": {\n  "c": [\n   2\n  ]\n }\n}'],
    ['{{hash ""}}', "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
    ['{{base64Decode (base64 "Grüße")}}', "Grüße"],
    ['{{date "2026-03-01T10:00:00+02:00"}}', "2026-03-01T08:00:00Z"],
    ['{{date "2026-03-01T10:00:00" "%a, %d %b %Y %H:%M:%S %z"}}', "Sun, 01 Mar 2026 10:00:00 +0000"],
    ['{{date "0" "%s %u"}}', "0 4"],
    ['{{date 1767225600 "%d.%m.%Y %H:%M %z" "Europe/Berlin"}}', "01.01.2026 01:00 +0100"],
    ['{{date "2026-07-01T10:00:00" "%H:%M %z" "Europe/Berlin"}}', "12:00 +0200"],
    ['{{date 0 "%H:%M %z" "-03:30"}}', "20:30 -0330"],
    ['{{date 0 "%s %H" "UTC"}}', "0 00"],
    ['{{default (first none) "x"}}', "x"],
  ])("%s", (template, result) => {
    expect(render(template)).toEqual(result);
  });

  it.each([
    ['{{int "x"}}', '`int` can\'t be used here: it wants a whole number here and got the text "x"'],
    [
      "{{sort (cel \"[1, 'a']\")}}",
      "`sort` can't be used here: it can't put the text \"a\" and the number 1 in an order",
    ],
    ['{{hash "x" "crc"}}', '`hash` can\'t be used here: there is no checksum "crc"'],
    ['{{date 1 "%H" "Nowhere"}}', "`date` can't be used here: there is no time zone `Nowhere`"],
    ['{{date 1 "%q"}}', "`date` can't be used here: there is no `%q` in a format"],
    ['{{date "soon"}}', '`date` can\'t be used here: the text "soon" is no point of time'],
    ['{{base64Decode "/w=="}}', "`base64Decode` can't be used here: what stands in this base64 is no text"],
    ["{{first none}}", "`first none` gives no value here"],
    ["{{upper (first none)}}", "`first none` gives no value here"],
    ['{{replace "a" "b"}}', "`replace` wants 3 values and got 2"],
    ['{{join letters "," "x"}}', "`join` wants 1 to 2 values and got 3"],
    ["{{combine table}}", "`combine` wants 2 or more values and got 1"],
  ])("refuses %s", (template, message) => {
    expect(problemOf(() => render(template))?.message).toBe(message);
  });
});

describe("the same helpers in conditions", () => {
  it.each<[string, Json]>([
    ['lower("A") + upper("b")', "aB"],
    ['join(sort(letters), "-")', "a-b-b"],
    ["first(letters) == last(letters)", true],
    ["length(letters) == size(letters)", true],
    ["unique(letters).size() == 2", true],
    ["items(table)[0].value + 1 == 2", true],
    ["keys(table)", ["a", "b"]],
    ['default(nobody.at.all, "x")', "x"],
    ["default(table.a, 5)", 1],
    ["default(first(none), 7)", 7],
    ['regexMatch(text, "^one")', true],
    ['contains(letters, "a") && !contains("abc", "x")', true],
    ['combine({"a": 1}, {"b": 2}, {"c": 3}).c', 3],
    ["letters.filter(x, x == 'b').size()", 2],
  ])("%s", (text, result) => {
    expect(evaluate(text)).toEqual(result);
  });

  it("tell what is wrong with an argument", () => {
    expect(problemOf(() => evaluate("join(text)"))?.message).toContain(
      "it wants a list here and got the text",
    );
    expect(problemOf(() => evaluate("first(none)"))).toMatchObject({
      hint: "write `default(…, other)` round it when it may be missing",
    });
  });
});

describe("lookup on control", () => {
  const reading = withControlReader(
    { ...variables },
    {
      environment: (name) => (name === "HOME" ? "/home/me" : undefined),
      file(path) {
        if (path === "motd") return "hello\n\n";
        if (path.startsWith("..")) throw new Failure("bad-input", "no", { next: "do not" });
        return undefined;
      },
    },
  );

  it("reads the environment and files, in templates and conditions", () => {
    expect(render('{{lookup "env" "HOME"}} {{lookup "file" "motd"}}', reading)).toBe("/home/me hello");
    expect(
      evaluate('lookup("env", "HOME") + lookup("file", "motd") + string(lookup(table, "a"))', reading),
    ).toBe("/home/mehello1");
  });

  it("says how what is missing is done without", () => {
    const problem = problemOf(() => render('x{{lookup "env" "NOBODY"}}', reading));
    expect(problem).toMatchObject({
      message: '`lookup "env" "NOBODY"` gives no value here',
      hint: 'write {{default (lookup "env" "NOBODY") "…"}}',
    });
    expect(render('{{default (lookup "file" "gone") "x"}}', reading)).toBe("x");
    expect(evaluate('default(lookup("env", "NOBODY"), "x")', reading)).toBe("x");
  });

  it("tells why a path may not be read", () => {
    expect(problemOf(() => render('{{lookup "file" "../x"}}', reading))).toMatchObject({ hint: "do not" });
    expect(problemOf(() => evaluate('lookup("file", "../x")', reading))?.hint).toBe("do not");
  });

  it("reads nothing where no reader was handed in", () => {
    expect(problemOf(() => render('{{lookup "env" "HOME"}}'))?.message).toContain("nothing of control");
    expect(problemOf(() => evaluate('lookup("env", "HOME")'))?.message).toContain("nothing of control");
  });
});
