import { describe, expect, test } from "vitest";
import { labName } from "../e2e/lab-name.ts";
import { type FaultPlan, killEveryStep, onlyIn } from "./plan.ts";
import { keepResults } from "./result-page.ts";
import { soak } from "./soak.ts";
import { soakedPlaybook } from "./soaked-playbooks.ts";

const playbook = soakedPlaybook(process.env.SOAK_PLAYBOOK ?? "bullseye-to-trixie");

/** With the way back it is that stage's steps that are struck: those before it are in a run without. */
const goesBack = process.env.SOAK_BACK !== undefined;

/** The short form of the soak. */
describe(playbook.name, () => {
  test("a controller that is killed in every step of a move loses nothing and leaves nothing behind", async () => {
    const lines: string[] = [];
    const say = (line: string) => void lines.push(line);
    let steps = 0;
    const countAndKill: FaultPlan = (random, stage) => {
      steps += 1;
      return killEveryStep(random, stage);
    };
    const options = {
      name: labName("every-step"),
      playbook,
      seed: 1,
      goesBack,
      plan: goesBack ? onlyIn("back", countAndKill) : countAndKill,
      resumes: 0.9,
      say,
    };
    const result = await soak(options);
    const struck = [...result.faults.values()][0];
    expect(result.findings, lines.join("\n")).toEqual([]);
    expect(result).toMatchObject({ lost: 0, doubled: 0 });
    expect(struck, lines.join("\n")).toBe(steps);
    expect(struck, lines.join("\n")).toBeGreaterThan(goesBack ? 30 : 100);
    expect(result.accepted).toBeGreaterThan(100);
    keepResults({ playbook: playbook.name, goesBack, form: "every-step" }, [result]);
  }, 3_600_000);
});
