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

  test("asks new alone whether it listens when it lifts new-opened", async () => {
    const sides = { old: ["mail-old"], new: ["mail-new"] };
    const listening = (address: string) =>
      new FakeHost({ name: "mail-new", commands: [{ argv: ["cat", "/proc/net/tcp"], answer: address }] });
    const lift = { name: "new-opened", state: "lifted" } as const;
    const open = fakeContext({
      latches: ["new-opened"],
      sides,
      peers: [listening("0: 00000000:03E1 00000000:0000 0A\n")],
    });
    await expect(runModule(latch, lift, new FakeHost(), open)).rejects.toMatchObject({
      kind: "refused",
      message: expect.stringContaining("mail-new still listens on port 993"),
    });
    expect(open.latchesSet.size).toBe(1);
    const shut = fakeContext({ latches: ["new-opened"], sides, peers: [listening("")] });
    const { left } = await runModule(latch, lift, new FakeHost(), shut);
    expect(shut.latchesSet.size).toBe(0);
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
