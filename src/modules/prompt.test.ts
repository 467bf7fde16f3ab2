import { describe, expect, test } from "vitest";
import { Refused } from "../contract/errors.ts";
import { type PromptArgs, prompt } from "./prompt.ts";
import { fakeContext } from "./testing/fake-context.ts";
import { FakeHost } from "./testing/fake-host.ts";
import { lookWith, refuses } from "./testing/run-module.ts";

async function answered(args: PromptArgs, answer: string | boolean) {
  const context = fakeContext({ answers: { q: answer } });
  return (await lookWith(prompt, args, new FakeHost(), context)).result;
}

const words = { key: "q", message: "Go on?" };

describe("prompt", () => {
  test("registers what was answered", async () => {
    expect(await answered({ kind: "confirm", ...words }, true)).toEqual({ answer: "yes", confirmed: true });
    expect(await answered({ kind: "input", ...words }, "text")).toEqual({ answer: "text", confirmed: true });
    const choices = ["a", { value: "b", label: "B" }];
    expect(await answered({ kind: "select", ...words, choices }, "b")).toEqual({
      answer: "b",
      confirmed: true,
    });
    const typed = { kind: "typed", ...words, expected: "mail-old" } as const;
    expect(await answered(typed, "mail-old")).toEqual({ answer: "yes", confirmed: true });
  });

  test("ends the run at a no, and says what was not done", async () => {
    const no = answered({ kind: "confirm", ...words }, false);
    await expect(no).rejects.toMatchObject({
      kind: "refused",
      next: expect.stringContaining("were not done"),
    });
    const wrong = answered({ kind: "typed", ...words, expected: "mail-old" }, "mail-new");
    await expect(wrong).rejects.toBeInstanceOf(Refused);
  });

  test("registers a no that is allowed", async () => {
    const args = { kind: "confirm", ...words, required: false } as const;
    expect(await answered(args, false)).toEqual({ answer: "no", confirmed: false });
  });

  test("never takes silence for a yes", async () => {
    await expect(lookWith(prompt, { kind: "confirm", ...words, required: false })).rejects.toBeInstanceOf(
      Refused,
    );
  });

  test("does not ask for a confirmation in check mode, but for a value", async () => {
    const context = fakeContext({ checkMode: true, answers: { q: "v" } });
    const look = (args: PromptArgs) => lookWith(prompt, args, new FakeHost(), context);
    expect((await look({ kind: "typed", ...words, expected: "x" })).result).toMatchObject({
      confirmed: true,
    });
    expect(context.notices).toEqual(["would ask: Go on?"]);
    expect((await look({ kind: "input", ...words })).result).toMatchObject({ answer: "v" });
  });

  test.each([
    { kind: "confirm", key: "q" },
    { kind: "yes", ...words },
    { kind: "typed", ...words },
    { kind: "typed", ...words, expected: "" },
    { kind: "select", ...words },
    { kind: "select", ...words, choices: [] },
    { kind: "select", ...words, choices: [{ value: "a" }] },
    { kind: "confirm", ...words, expected: "x" },
    { kind: "input", ...words, required: false },
    { kind: "confirm", ...words, secret: true },
    { kind: "confirm", ...words, key: "a b" },
    { kind: "confirm", ...words, default: true },
  ])("its schema refuses %j", (args) => expect(refuses(prompt, args)).toBeDefined());
});
