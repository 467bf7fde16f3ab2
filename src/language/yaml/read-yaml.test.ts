import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseYaml, readYaml } from "./read-yaml.ts";

describe("parseYaml", () => {
  it("gives plain data with the place of every value, key and text", () => {
    const { value, places } = parseYaml(
      'a:\n  - b: "text"\n    c: |\n      line\n      {{x}}\n  - 0644\n',
      "f.yml",
    );
    expect(value).toEqual({ a: [{ b: "text", c: "line\n{{x}}\n" }, 644] });
    expect(places.placeOf("/a/0/b")).toEqual({ file: "f.yml", line: 2, column: 8 });
    expect(places.contentOf("/a/0/b")).toEqual({ file: "f.yml", line: 2, column: 9 });
    expect(places.keyOf("/a/0/c")).toEqual({ file: "f.yml", line: 3, column: 5 });
    expect(places.contentOf("/a/0/c")).toEqual({ file: "f.yml", line: 4, column: 7 });
    expect(places.writtenAt("/a/1")).toBe("0644");
    expect(places.placeOf("/a/0/nowhere/at/all")).toEqual(places.placeOf("/a/0"));
  });

  it("takes Windows line ends in blocks too", () => {
    const text = "a: 1\r\nb: text\r\nc: |\r\n  one\r\n  two\r\n";
    expect(parseYaml(text, "f.yml").value).toEqual({ a: 1, b: "text", c: "one\ntwo\n" });
  });

  it("leaves yes, no and on as texts, and quotes decide", () => {
    expect(parseYaml("[yes, no, on, true, '0644', ~]", "f.yml").value).toEqual([
      "yes",
      "no",
      "on",
      true,
      "0644",
      null,
    ]);
  });

  it("follows aliases and merges as Ansible's files want it", () => {
    const { value, places } = parseYaml("a: &a { x: 1, y: 2 }\nb: { <<: *a, y: 3 }\nc: *a\n", "f.yml");
    expect(value).toEqual({ a: { x: 1, y: 2 }, b: { x: 1, y: 3 }, c: { x: 1, y: 2 } });
    expect(places.placeOf("/c/x").line).toBe(1);
  });

  it("takes keys that are no texts as they are written", () => {
    expect(parseYaml("1: a\ntrue: b\n010: c\n", "f.yml").value).toEqual({ 1: "a", true: "b", "010": "c" });
  });

  it("tells an empty file from null", () => {
    expect(parseYaml("# only this\n---\n", "f.yml").value).toBe(undefined);
    expect(parseYaml("null\n", "f.yml").value).toBe(null);
  });

  it.each([
    ["a: .inf", "`.inf` is no number that can be used"],
    ["a: 12345678901234567890", "`12345678901234567890` is too large for a number"],
    ["a: *nobody", "there is no anchor `&nobody`"],
    ["a: @x", "a text without quotes cannot start with reserved character @"],
    ["[a]: b", "a key has to be a text"],
    ["- {{ x }}", "a value that begins with `{{` needs quotes round all of it"],
    ["constructor: 1", "`constructor` can't be a key"],
    ["%TAG ! x\n---\na: 1", "`%TAG ! x` is not allowed: files are read as YAML 1.2"],
  ])("refuses %s", (text, message) => {
    expect(() => parseYaml(text, "f.yml")).toThrow(message);
  });
});

describe("readYaml", () => {
  let directory = "";
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "mailferry-yaml-"));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it("reads UTF-8 with and without a byte order mark", async () => {
    const file = join(directory, "a.yml");
    writeFileSync(file, "\uFEFFplace: München\n");
    expect((await readYaml(file)).value).toEqual({ place: "München" });
  });

  it("tells every problem of a file at once", async () => {
    const file = join(directory, "a.yml");
    writeFileSync(file, "a: !x 1\nb: .nan\n");
    await expect(readYaml(file)).rejects.toMatchObject({
      kind: "bad-input",
      problems: [
        { message: "unknown tag `!x`", place: { file, line: 1, column: 7 } },
        { message: "`.nan` is no number that can be used", place: { file, line: 2, column: 4 } },
      ],
    });
  });
});
