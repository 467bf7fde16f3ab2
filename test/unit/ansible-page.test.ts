import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readCases } from "../e2e/ansible/case-file.ts";
import { readAnsiblePage } from "../e2e/ansible/page.ts";

const rows = readAnsiblePage(readFileSync("docs/ansible.md", "utf8"));
const cases = readCases();

describe("docs/ansible.md", () => {
  test.each(rows)("says of $kinds $word what it means here", ({ verdict }) => {
    expect(verdict).toMatch(/^(same|differs: \S.*|left out: \S.*)$/);
  });

  test.each(rows.filter(({ verdict }) => verdict === "same"))(
    "names cases that show $kinds $word",
    ({ kinds, word, cases: named }) => {
      const wanted = kinds.map((kind) => `${kind} ${word}`);
      const showing = cases.filter(({ shows }) => wanted.some((one) => shows.includes(one)));
      expect(named.length).toBeGreaterThan(0);
      expect(showing.map(({ name }) => name)).toEqual(expect.arrayContaining([...named]));
    },
  );

  test("calls nothing the same of which the reference says how it differs", () => {
    const reference = readFileSync("docs/reference/keywords.md", "utf8").split("\n");
    const differing = reference.flatMap((line) =>
      line.includes("Differs from Ansible") ? (/^\| `([^`]+)`/.exec(line)?.[1] ?? []) : [],
    );
    const same = rows.filter(({ verdict, word }) => verdict === "same" && differing.includes(word));
    expect(differing.length).toBeGreaterThan(5);
    expect(same.map(({ word }) => word)).toEqual([]);
  });

  test.each(cases.flatMap(({ name, shows }) => shows.map((word) => ({ name, word }))))(
    "has a row for what $name shows: $word",
    ({ word }) => {
      const known = rows.flatMap(({ kinds, word: named }) => kinds.map((kind) => `${kind} ${named}`));
      expect(known).toContain(word);
    },
  );
});
