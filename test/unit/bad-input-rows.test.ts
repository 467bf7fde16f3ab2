import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const folder = join(import.meta.dirname, "bad-input");
const project = join(import.meta.dirname, "..", "..");
const page = readFileSync(join(folder, "README.md"), "utf8");

/** The rows of the tables: a mistake, and what shows it. */
const rows = page
  .split("\n")
  .map((line) => /^\| (.+?) \| (.+) \|$/.exec(line))
  .flatMap((match) =>
    match === null || match[1] === "mistake" ? [] : [[match[1] ?? "", match[2] ?? ""] as const],
  );

describe("every mistake that was thought of is shown", () => {
  it("in two tables", () => {
    expect(rows.length).toBeGreaterThan(60);
  });

  it.each(rows)("%s", (_, shownBy) => {
    const found = [...shownBy.matchAll(/`([^`]+)`(?: "([^"]+)")?/g)];
    expect(found.length).toBeGreaterThan(0);
    for (const [, name = "", test] of found) {
      if (test === undefined) {
        expect(existsSync(join(folder, name, "expected.txt")), name).toBe(true);
      } else {
        expect(readFileSync(join(project, name), "utf8"), name).toContain(test);
      }
    }
  });
});
