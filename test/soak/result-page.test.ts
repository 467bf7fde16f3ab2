import { expect, test } from "vitest";
import { withResults } from "./result-page.ts";

test("a command's results take the place of those before, and leave those of others alone", () => {
  const day = (number: number) => new Date(Date.UTC(2026, 0, number));
  const [one, other] = ["scripts/soak --playbook one", "scripts/soak --playbook one --every-step"];
  const first = withResults("# Page\n", one, "first\n", day(1));
  expect(first).toBe(
    `# Page\n\n<!-- begin: ${one} -->\n\n### \`${one}\`, 2026-01-01\n\nfirst\n\n<!-- end: ${one} -->\n`,
  );
  const both = withResults(first, other, "other\n", day(2));
  expect(both.startsWith(first)).toBe(true);
  const again = withResults(both, one, "second\n", day(3));
  expect(again).toBe(both.replace("first", "second").replace("2026-01-01", "2026-01-03"));
});
