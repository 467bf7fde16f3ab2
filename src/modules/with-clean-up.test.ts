import { expect, test } from "vitest";
import { withCleanUp } from "./with-clean-up.ts";

const fails = (message: string) => async () => {
  throw new Error(message);
};

test("cleans up after the work, and hands its result back", async () => {
  const order: string[] = [];
  const work = async () => order.push("work");
  const cleanUp = async () => void order.push("clean-up");
  expect(await withCleanUp(work, cleanUp, () => {})).toBe(1);
  expect(order).toEqual(["work", "clean-up"]);
});

test("a clean-up that fails is an error after work that succeeded, and told after work that failed", async () => {
  const told: string[] = [];
  const tell = (failure: string) => void told.push(failure);
  await expect(withCleanUp(async () => 1, fails("left"), tell)).rejects.toThrow("left");
  await expect(withCleanUp(fails("work"), fails("left"), tell)).rejects.toThrow("work");
  expect(told).toEqual(["left"]);
});
