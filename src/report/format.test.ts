import { expect, it } from "vitest";
import { formatBytes, formatClock, formatCount, formatDuration, formatProgress } from "./format.ts";

it.each([
  [0, "00m00s"],
  [70_000, "01m10s"],
  [7_510_000, "2h05m10s"],
])("formats %i ms as the clock %s", (ms, text) => {
  expect(formatClock(ms)).toBe(text);
});

it.each([
  [0.42, "0.4 s"],
  [9.96, "10 s"],
  [41.12, "41 s"],
  [59.7, "1 min"],
  [130, "2 min 10 s"],
  [11_100, "3 h 5 min"],
  [183_600, "2 d 3 h"],
])("formats %d seconds as %s", (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text);
});

it.each([
  [0, "0 B"],
  [999, "999 B"],
  [999.9, "1 kB"],
  [1_234_000_000, "1.2 GB"],
  [999_999_999, "1 GB"],
  [120_000_000, "120 MB"],
])("formats %d bytes as %s", (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

it("groups the digits of a count", () => {
  expect([0, 999, 1000, 1_234_567].map(formatCount)).toEqual(["0", "999", "1,000", "1,234,567"]);
});

it("shows of a progress what is known", () => {
  expect(formatProgress({})).toBe("");
  expect(formatProgress({ doneItems: 3, totalItems: 9, unit: "users" })).toBe("3 of 9 users, 33 %");
  expect(
    formatProgress({ doneBytes: 1e9, totalBytes: 2e9, rateBytes: 5e6, secondsLeft: 200.4, doneItems: 7 }),
  ).toBe("1 GB of 2 GB, 7, 50 %, 5 MB/s, about 3 min 20 s left");
});
