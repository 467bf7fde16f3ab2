import { expect, test } from "vitest";
import { resultTable } from "./result-table.ts";

test("each run has its line, and the faults of all runs are added up", () => {
  const result = { steps: 80, accepted: 900, held: 400, lost: 0, doubled: 0, findings: [] };
  const first = { ...result, seed: 7, faults: new Map([["sshd restarted", 2]]) };
  const faults = new Map([
    ["sshd restarted", 1],
    ["a host rebooted", 1],
  ]);
  const second = { ...result, seed: 8, faults, lost: 1, findings: ["lost: <a@b> of c@d", "a lock"] };
  const table = resultTable([first, second]);
  expect(table).toContain("| 7 | 80 | 2 | 900 | 400 | 0 | 0 | 0 |");
  expect(table).toContain("| 8 | 80 | 2 | 900 | 400 | 1 | 0 | 1 |");
  expect(table).toContain("| sshd restarted | 3 |");
});
