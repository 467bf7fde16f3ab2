import { describe, expect, test } from "vitest";
import { Refused } from "../contract/errors.ts";
import { pause } from "./pause.ts";
import { fakeContext } from "./testing/fake-context.ts";
import { FakeHost } from "./testing/fake-host.ts";
import { lookWith, refuses } from "./testing/run-module.ts";

describe("pause", () => {
  test("waits for its time and tells how long is left", async () => {
    const context = fakeContext();
    const { result } = await lookWith(pause, { seconds: 0.02 }, new FakeHost(), context);
    expect(result).toEqual({ user_input: "", seconds: 0.02 });
    expect(context.progressSeen[0]).toMatchObject({ secondsLeft: 1 });
  });

  test("waits for a person, and never takes silence for an answer", async () => {
    const context = fakeContext({ answers: { "dns-done": "ok" } });
    const args = { prompt: "Change the records now.", key: "dns-done" };
    expect((await lookWith(pause, args, new FakeHost(), context)).result).toMatchObject({ user_input: "ok" });
    await expect(lookWith(pause, { prompt: "?" })).rejects.toBeInstanceOf(Refused);
  });

  test("does neither in check mode", async () => {
    const context = fakeContext({ checkMode: true });
    await lookWith(pause, { prompt: "?" }, new FakeHost(), context);
    await lookWith(pause, { minutes: 60 }, new FakeHost(), context);
    expect(context.asked).toEqual([]);
  });

  test("ends with the run", async () => {
    const context = fakeContext({ signal: AbortSignal.timeout(5) });
    await expect(lookWith(pause, { minutes: 1 }, new FakeHost(), context)).rejects.toThrow();
  });

  test.each([
    {},
    { seconds: -1 },
    { seconds: "5" },
    { seconds: 1, minutes: 1 },
    { seconds: 1, prompt: "x" },
    { key: "a" },
  ])("its schema refuses %j", (args) => expect(refuses(pause, args)).toBeDefined());
});
