import { describe, expect, test } from "vitest";
import { shardsOf, streamsThatPay } from "./shards.ts";
import type { Survey } from "./survey.ts";

function surveyOf(sizes: readonly number[], isApart = true): Survey {
  const parts = sizes.map((bytes, number) => ({ path: `a/${number}`, files: 0, bytes, mailboxes: 1 }));
  return { parts, above: ["a/file"], isApart };
}

describe("shards", () => {
  test("take about the same time, and bring everything once, in its order", () => {
    const shards = shardsOf(surveyOf([100, 10, 300, 200, 20]), 2);
    expect(shards).toMatchObject([
      { parts: [{ path: "a/2" }, { path: "a/4" }], others: ["a/0", "a/1", "a/3"] },
      { parts: [{ path: "a/0" }, { path: "a/1" }, { path: "a/3" }], others: ["a/2", "a/4", "a/file"] },
    ]);
  });

  test("are no more than there are parts, and one where parts hang together", () => {
    expect(shardsOf(surveyOf([100, 10]), 8)).toHaveLength(2);
    expect(shardsOf(surveyOf([100, 10], false), 8)).toMatchObject([{ others: [] }]);
    expect(shardsOf(surveyOf([]), 8)).toEqual([{ parts: [], others: [] }]);
  });

  test("pay where both hosts have a second processor, and there is much to copy", () => {
    const [much, little] = [surveyOf([1e9, 1e9]), surveyOf([1e6, 1e6])];
    expect([streamsThatPay(much, 8, 4), streamsThatPay(much, 8, 1), streamsThatPay(little, 8, 8)]).toEqual([
      2, 1, 1,
    ]);
  });
});
