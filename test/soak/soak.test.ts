import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, expect, test } from "vitest";
import { labName } from "../e2e/lab-name.ts";
import { anyFault } from "./plan.ts";
import { resultTable } from "./result-table.ts";
import { type SoakResult, soak } from "./soak.ts";

/** The long form: `scripts/soak` says how many runs, and from which seed on. */
const runs = Number(process.env.SOAK_RUNS ?? "1");
const firstSeed = Number(process.env.SOAK_SEED ?? "1");
const share = Number(process.env.SOAK_SHARE ?? "0.15");
const page = process.env.SOAK_PAGE;

const results: SoakResult[] = [];
const say = (line: string) => void process.stderr.write(`${line}\n`);

test.each(Array.from({ length: runs }, (_, index) => firstSeed + index))(
  "a move with faults of all kinds, seed %i",
  async (seed) => {
    const options = { name: labName("soak"), seed, plan: anyFault(share), resumes: 0.5, ownDisks: true, say };
    const result = await soak(options);
    results.push(result);
    expect(result.findings, `scripts/soak --runs 1 --seed ${seed} plays it again`).toEqual([]);
  },
  3_600_000,
);

afterAll(() => {
  if (results.length === 0) return;
  const table = resultTable(results, new Date());
  say(table);
  if (page === undefined) return;
  const mark = /(<!-- begin: soak -->\n).*(<!-- end: soak -->)/s;
  writeFileSync(
    page,
    readFileSync(page, "utf8").replace(mark, (_, begin, end) => `${begin}\n${table}\n${end}`),
  );
});
