import { describe, expect, test } from "vitest";
import { debug } from "./debug.ts";
import { fakeContext } from "./testing/fake-context.ts";
import { FakeHost } from "./testing/fake-host.ts";
import { lookWith, refuses } from "./testing/run-module.ts";

describe("debug", () => {
  test("shows a text, or any value", async () => {
    expect(await lookWith(debug, { msg: "hello" })).toEqual({ result: { msg: "hello" }, message: "hello" });
    expect((await lookWith(debug, { msg: { a: [1] } })).message).toContain('"a"');
  });

  test("shows a variable by its name", async () => {
    const context = fakeContext({ variables: { count: 3 } });
    const { result, message } = await lookWith(debug, { var: "count" }, new FakeHost(), context);
    expect(result).toEqual({ count: 3 });
    expect(message).toBe("count = 3");
  });

  test.each([{}, { msg: "a", var: "b" }, { var: "" }, { msg: "a", verbosity: 2 }])(
    "its schema refuses %j",
    (args) => expect(refuses(debug, args)).toBeDefined(),
  );
});
