import { describe, expect, test } from "vitest";
import { assert } from "./assert.ts";
import { fakeContext } from "./testing/fake-context.ts";
import { FakeHost } from "./testing/fake-host.ts";
import { lookWith, refuses } from "./testing/run-module.ts";

describe("assert", () => {
  const context = () => fakeContext({ evaluate: (condition) => condition.startsWith("true") });

  test("is content when all holds", async () => {
    expect(
      (await lookWith(assert, { that: ["true", "true 2"] }, new FakeHost(), context())).message,
    ).toBeDefined();
  });

  test("names every condition that does not hold, and the message", async () => {
    const look = lookWith(
      assert,
      { that: ["a > 1", "true", "b"], msg: "too small" },
      new FakeHost(),
      context(),
    );
    await expect(look).rejects.toMatchObject({
      message: "too small (does not hold: a > 1; b)",
      kind: "task-failed",
    });
    await expect(lookWith(assert, { that: "a" }, new FakeHost(), context())).rejects.toThrow(
      "does not hold: a",
    );
  });

  test.each([{}, { that: [] }, { that: "" }, { that: true }, { that: "a", fail_msg: "b" }])(
    "its schema refuses %j",
    (args) => expect(refuses(assert, args)).toBeDefined(),
  );
});
