import { describe, expect, test } from "vitest";
import { createRandom } from "../../src/lab/seeder/random.ts";
import { allFaults, anyFault, killEveryStep, onlyIn } from "./plan.ts";

/** What goes wrong in each of so many steps, by name and delay. */
function planOf(seed: number, share: number, steps = 400) {
  const random = createRandom("soak", seed);
  const plan = anyFault(share);
  return Array.from({ length: steps }, () => plan(random, "cutover")).map(
    (planned) => planned && `${planned.fault.name} ${planned.delayMs}`,
  );
}

describe("the plan of a soak", () => {
  test("is the same for the same seed, and another one for another", () => {
    expect(planOf(7, 0.15)).toEqual(planOf(7, 0.15));
    expect(planOf(8, 0.15)).not.toEqual(planOf(7, 0.15));
  });

  test("has every fault there is, in about so many steps as it says, early and late ones", () => {
    const planned = planOf(7, 0.5, 4000).filter((each) => each !== undefined);
    expect(planned.length / 4000).toBeCloseTo(0.5, 1);
    for (const { name } of allFaults)
      expect(
        planned.some((each) => each.startsWith(name)),
        name,
      ).toBe(true);
    const delays = planned.map((each) => Number(each.split(" ").at(-1)));
    expect(Math.min(...delays)).toBeLessThan(50);
    expect(Math.max(...delays)).toBeGreaterThan(3000);
  });

  test("can be for one stage only", () => {
    const plan = onlyIn("back", killEveryStep);
    const random = createRandom("soak", 1);
    expect(plan(random, "cutover")).toBeUndefined();
    expect(plan(random, "back")?.fault.name).toBe("controller killed (SIGKILL)");
  });

  test("of the short form strikes in each step", () => {
    const random = createRandom("soak", 1);
    for (let step = 0; step < 50; step++)
      expect(killEveryStep(random, "cutover")?.delayMs).toBeLessThanOrEqual(150);
  });
});
