import { describe, expect, test } from "vitest";
import { fail } from "./fail.ts";
import { lookWith, refuses } from "./testing/run-module.ts";

describe("fail", () => {
  test("fails with its message", async () => {
    await expect(lookWith(fail, { msg: "no" })).rejects.toMatchObject({ message: "no", host: "mail-new" });
  });

  test.each([{}, { msg: "" }, { msg: 1 }])("its schema refuses %j", (args) =>
    expect(refuses(fail, args)).toBeDefined(),
  );
});
