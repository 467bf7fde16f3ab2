import { describe, expect, test } from "vitest";
import { bytesPerSecond, Pace } from "./pace.ts";

test.each([
  ["1", 1024],
  ["500k", 512_000],
  ["1.5M", 1_572_864],
  ["2g", 2_147_483_648],
])("%s is %d bytes a second", (bandwidth, bytes) => {
  expect(bytesPerSecond(bandwidth)).toBe(bytes);
});

describe("Pace", () => {
  const ended = AbortSignal.abort(new Error("ended"));

  test("lets the first message go, and has the next one wait for as long as that takes", async () => {
    const pace = new Pace("1k");
    await pace.wait(10_000_000, ended);
    await expect(pace.wait(1, ended)).rejects.toThrow("interrupted while waiting");
  });

  test("without a bandwidth nobody waits", async () => {
    for (const bandwidth of [undefined, "0"]) {
      const pace = new Pace(bandwidth);
      for (let count = 0; count < 3; count++) await pace.wait(10_000_000, ended);
    }
  });
});
