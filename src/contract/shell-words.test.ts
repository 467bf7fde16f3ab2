import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { quoteArgv, quoteWord } from "./shell-words.ts";

describe("quoteWord", () => {
  test.each(["/var/vmail", "user@example.org", "a-b_c.d:e,f+g%h"])("leaves %s as it is", (word) => {
    expect(quoteWord(word)).toBe(word);
  });

  test.each([
    "",
    " ",
    "it's",
    "$(id)",
    "`id`",
    "a\nb",
    '"',
    "\\",
    "\\'",
    "*",
    "~",
    "A=b",
    "-n",
    "é",
    "!x",
    "#",
  ])("brings %j through a shell unchanged", (word) => {
    const printed = execFileSync("/bin/sh", ["-c", `printf '%s' ${quoteWord(word)}`], { encoding: "utf8" });
    expect(printed).toBe(word);
  });

  test("refuses a NUL", () => {
    expect(() => quoteWord("a\0b")).toThrow(RangeError);
  });
});

test("quoteArgv quotes each word alone", () => {
  expect(quoteArgv(["echo", "a b", "c"])).toBe("echo 'a b' c");
});
