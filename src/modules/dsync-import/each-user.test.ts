import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { eachUserFunctions, readUserResult } from "./each-user.ts";

function told(code: string, said: string, user = "john@example.org"): string {
  const script = `user=$3\n${eachUserFunctions}\ntell "$1" "$2"\necho "went on"`;
  return spawnSync("sh", ["-c", script, "sh", code, said, user], { encoding: "utf8" }).stdout;
}

test("the line that a job tells of a user is read as it was meant, and ends the user's turn", () => {
  const line = told("75", "Warning: slow\nError: no\tsuch mailbox\nlater");
  expect(line.endsWith("\n")).toBe(true);
  expect(readUserResult(line.slice(0, -1))).toEqual({
    user: "john@example.org",
    code: 75,
    said: "Error: no such mailbox",
  });
  expect(readUserResult(told("none", "").slice(0, -1))).toEqual({
    user: "john@example.org",
    code: "none",
    said: "",
  });
});

test("a user whose name would lead elsewhere has no turn", () => {
  for (const user of ["../john", ".john", "john/doe"]) {
    expect(readUserResult(told("0", "", user).slice(0, -1))).toMatchObject({ user, code: 1 });
  }
});

test("any other line tells of no user", () => {
  for (const line of ["", "mailferry: 0", "mailferry: x\tjohn\t", "Error: mailferry: 0\tjohn\t"]) {
    expect(readUserResult(line)).toBeUndefined();
  }
});
