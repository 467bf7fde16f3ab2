import { describe, expect, test } from "vitest";
import { latch } from "./latch.ts";
import { fakeContext } from "./testing/fake-context.ts";
import { FakeHost } from "./testing/fake-host.ts";
import { refuses, runModule } from "./testing/run-module.ts";

describe("latch", () => {
  test("sets a latch once", async () => {
    const context = fakeContext();
    const { change, applied, left } = await runModule(latch, { name: "new-opened" }, new FakeHost(), context);
    expect(change?.summary).toBe("latch new-opened set");
    expect(applied?.result).toEqual({ name: "new-opened", state: "set" });
    expect(context.latchesSet.has("new-opened")).toBe(true);
    expect(left).toBeUndefined();
  });

  test("lifts old-frozen once", async () => {
    const context = fakeContext({ latches: ["old-frozen"] });
    const { left } = await runModule(latch, { name: "old-frozen", state: "lifted" }, new FakeHost(), context);
    expect(context.latchesSet.size).toBe(0);
    expect(left).toBeUndefined();
  });

  test("asks nobody whether old listens when it lifts new-opened", async () => {
    const sides = { old: ["mail-old"], new: ["mail-new"] };
    const context = fakeContext({ latches: ["new-opened"], sides });
    const { left } = await runModule(latch, { name: "new-opened", state: "lifted" }, new FakeHost(), context);
    expect(context.latchesSet.size).toBe(0);
    expect(left).toBeUndefined();
  });

  test.each([
    {},
    { name: "new" },
    { name: "new-serving", state: "lifted" },
    { name: "old-frozen", state: "off" },
    { name: "old-frozen", unproven: true },
  ])("its schema refuses %j", (args) => expect(refuses(latch, args)).toBeDefined());
});
