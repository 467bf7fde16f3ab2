import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { lowerPriorityLine, priorityOf } from "./priority.ts";

const levelOf = (line: string, path = process.env.PATH) =>
  execFileSync("/bin/sh", ["-c", `${line}echo "$(/usr/bin/nice) $(/usr/bin/ionice)"`], {
    encoding: "utf8",
    env: { PATH: path },
  }).trim();

test("a script that steps back takes with it what it starts", () => {
  expect(levelOf(lowerPriorityLine({ nice: 19, ionice: 6 }))).toBe("19 best-effort: prio 6");
  expect(levelOf(lowerPriorityLine({ nice: 19, ionice: "idle" }))).toBe("19 idle");
});

test("a script goes on where it can't step back", () => {
  expect(levelOf(lowerPriorityLine({ nice: 12, ionice: 6 }), "/nowhere")).toBe(levelOf(""));
});

test("only what a host is in use beside steps back", () => {
  expect(priorityOf({ phase: "hot" })).toEqual({ nice: 10, ionice: 7 });
  expect(priorityOf({ phase: "hot", nice: 0, ionice: "idle" })).toEqual({ nice: 0, ionice: "idle" });
  expect(priorityOf({ phase: "cold", nice: 3 })).toBeUndefined();
  expect(lowerPriorityLine(undefined)).toBe("");
});
