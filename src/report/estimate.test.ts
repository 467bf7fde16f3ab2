import { expect, it } from "vitest";
import { withEstimate } from "./estimate.ts";

it("reckons the rate and the time left from what was done since", () => {
  const first = { at: 0, progress: { doneBytes: 100, totalBytes: 1100 } };
  expect(withEstimate({ doneBytes: 600, totalBytes: 1100 }, first, 5000)).toMatchObject({
    rateBytes: 100,
    secondsLeft: 5,
  });
  const items = { at: 0, progress: { doneItems: 0, totalItems: 40 } };
  expect(withEstimate({ doneItems: 10, totalItems: 40 }, items, 10_000)).toEqual({
    doneItems: 10,
    totalItems: 40,
    secondsLeft: 30,
  });
});

it("leaves what the module says, and says nothing too soon", () => {
  const first = { at: 0, progress: { doneBytes: 0, totalBytes: 10 } };
  const told = { doneBytes: 5, totalBytes: 10, rateBytes: 9, secondsLeft: 7 };
  expect(withEstimate(told, first, 60_000)).toEqual(told);
  expect(withEstimate({ doneBytes: 5, totalBytes: 10 }, first, 100)).toEqual({
    doneBytes: 5,
    totalBytes: 10,
  });
});
