import { expect, test } from "vitest";
import { labName } from "../e2e/lab-name.ts";
import { killEveryStep } from "./plan.ts";
import { soak } from "./soak.ts";

/** The short form of the soak. */
test("a controller that is killed in every step of a move loses nothing and leaves nothing behind", async () => {
  const lines: string[] = [];
  const say = (line: string) => void lines.push(line);
  const options = { name: labName("every-step"), seed: 1, plan: killEveryStep, resumes: 0.9, say };
  const result = await soak(options);
  expect(result.findings, lines.join("\n")).toEqual([]);
  expect(result).toMatchObject({ lost: 0, doubled: 0 });
  expect([...result.faults.values()][0], lines.join("\n")).toBeGreaterThan(100);
  expect(result.accepted).toBeGreaterThan(100);
}, 3_600_000);
