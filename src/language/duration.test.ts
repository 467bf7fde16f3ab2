import { expect, it } from "vitest";
import { durationSeconds } from "./duration.ts";

it.each([
  [5, 5],
  ["5s", 5],
  ["2m", 120],
  ["1h30m", 5400],
  ["24h", 86_400],
  ["2d", 172_800],
  ["500ms", 0.5],
])("%s", (value, seconds) => {
  expect(durationSeconds(value)).toBe(seconds);
});
