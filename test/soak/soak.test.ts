import { afterAll, describe, expect, test } from "vitest";
import { labName } from "../e2e/lab-name.ts";
import { anyFault } from "./plan.ts";
import { keepResults } from "./result-page.ts";
import { resultTable } from "./result-table.ts";
import { type SoakResult, soak } from "./soak.ts";
import { soakedPlaybook } from "./soaked-playbooks.ts";

/** The long form: `scripts/soak` says of which playbook, how many runs, and from which seed on. */
const playbook = soakedPlaybook(process.env.SOAK_PLAYBOOK ?? "bullseye-to-trixie");
const runs = Number(process.env.SOAK_RUNS ?? "1");
const firstSeed = Number(process.env.SOAK_SEED ?? "1");
const goesBack = process.env.SOAK_BACK !== undefined;
const share = Number(process.env.SOAK_SHARE ?? "0.15");

const results: SoakResult[] = [];
const say = (line: string) => void process.stderr.write(`${line}\n`);

describe(playbook.name, () => {
  test.each(Array.from({ length: runs }, (_, index) => firstSeed + index))(
    "a move with faults of all kinds, seed %i",
    async (seed) => {
      const options = { name: labName("soak"), playbook, seed, goesBack, plan: anyFault(share) };
      const result = await soak({ ...options, resumes: 0.5, ownDisks: true, say });
      results.push(result);
      const again = `scripts/soak --playbook ${playbook.name}${goesBack ? " --back" : ""} --runs 1 --seed ${seed} plays it again`;
      expect(result.findings, again).toEqual([]);
    },
    3_600_000,
  );
});

afterAll(() => {
  if (results.length === 0) return;
  say(resultTable(results));
  keepResults({ playbook: playbook.name, goesBack, form: "any-fault" }, results);
});
