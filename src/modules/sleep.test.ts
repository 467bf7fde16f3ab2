import { describe, expect, test } from "vitest";
import { Refused } from "../contract/errors.ts";
import { sleep } from "./sleep.ts";

describe("sleep", () => {
  test("ends at once with the run, and says so", async () => {
    await expect(sleep(60_000, AbortSignal.abort())).rejects.toMatchObject({ kind: "interrupted" });
    await expect(sleep(60_000, AbortSignal.timeout(5))).rejects.toMatchObject({ kind: "task-failed" });
  });

  test("hands on the reason when it is a failure", async () => {
    const reason = new Refused("lock lost");
    await expect(sleep(60_000, AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});
