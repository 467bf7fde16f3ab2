import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

/** docs/faults.md names a test for each fault, and the tests that it names are there. */
const rows = readFileSync("docs/faults.md", "utf8")
  .split("\n")
  .filter((line) => line.startsWith("| "))
  .slice(1)
  .map((line) => line.split("|").map((cell) => cell.trim()));

describe("docs/faults.md", () => {
  test("tells how each fault is met, and by which test on real hosts, or that there is none", () => {
    expect(rows.length).toBeGreaterThan(40);
    for (const [, fault = "", met, shown = ""] of rows) {
      expect(met, fault).not.toBe("");
      const onHosts = referencesIn(shown).some(({ file }) => file.startsWith("test/"));
      expect(onHosts !== shown.startsWith("*not on real hosts*"), fault).toBe(true);
    }
  });

  test.each(rows.flatMap(([, , , shown = ""]) => referencesIn(shown)))(
    "$file has the test “$title”",
    ({ file, title }) => {
      expect(readFileSync(file, "utf8")).toContain(`"${title}"`);
    },
  );
});

/** "`test/a.test.ts`: what it shows", several with <br> between. */
function referencesIn(cell: string): { readonly file: string; readonly title: string }[] {
  return cell.split("<br>").flatMap((part) => {
    const [, file, title] = /`((?:test|src)\/[^`]+)`: (.+)$/.exec(part.trim()) ?? [];
    return file === undefined || title === undefined ? [] : [{ file, title }];
  });
}
