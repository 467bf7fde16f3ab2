import { describe, expect, test } from "vitest";
import { BadInput } from "./errors.ts";
import { splitWords } from "./split-words.ts";

describe("splitWords", () => {
  test.each<[string, string[]]>([
    ["", []],
    ["  true  ", ["true"]],
    ["a  b\tc\nd", ["a", "b", "c", "d"]],
    [`echo 'a b' "c d"`, ["echo", "a b", "c d"]],
    [`x='a b'"c"d`, ["x=a bcd"]],
    [`printf ''`, ["printf", ""]],
    [String.raw`a\ b \'c`, ["a b", "'c"]],
    [String.raw`"a\"b\\c\n\$d"`, [String.raw`a"b\c\n$d`]],
    [String.raw`'a\b'`, [String.raw`a\b`]],
    ["a\\\nb", ["ab"]],
    [`find /x -name '*.conf'`, ["find", "/x", "-name", "*.conf"]],
    [`postconf -e 'a = $b'`, ["postconf", "-e", "a = $b"]],
    ["é=ü -n", ["é=ü", "-n"]],
  ])("%j gives %j", (line, words) => {
    expect(splitWords(line)).toEqual(words);
  });

  test.each([
    "a | b",
    "a>b",
    "a; b",
    "a && b",
    "echo $HOME",
    "echo `id`",
    "ls *.x",
    "(a)",
    "a 'b",
    'a "b',
    "a\\",
  ])("refuses %j", (line) => {
    expect(() => splitWords(line)).toThrow(BadInput);
  });

  test("says what to do", () => {
    try {
      splitWords("a | b");
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ problems: [{ hint: expect.stringContaining('"shell"') }] });
    }
  });
});
