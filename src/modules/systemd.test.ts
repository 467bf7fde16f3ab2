import { describe, expect, test } from "vitest";
import { systemd } from "./systemd.ts";
import { FakeHost } from "./testing/fake-host.ts";
import { type FakeUnit, fakeSystemd } from "./testing/fake-systemd.ts";
import { refuses, runModule } from "./testing/run-module.ts";

function hostWith(units: Record<string, FakeUnit>): FakeHost {
  return new FakeHost({ commands: fakeSystemd(units) });
}

describe("systemd", () => {
  test("enables and starts a timer, and then has nothing left to do", async () => {
    const host = hostWith({ "backup.timer": {} });
    const args = { name: "backup.timer", state: "started", enabled: true } as const;
    const { change, applied, left } = await runModule(systemd, args, host);
    expect(change?.summary).toBe("enable backup.timer, start backup.timer");
    expect(applied?.result).toMatchObject({
      state: "active",
      status: { ActiveState: "active", UnitFileState: "enabled" },
    });
    expect(left).toBeUndefined();
  });

  test("masks without a word about the state, and enables and masks as Ansible takes it", async () => {
    const host = hostWith({ "a.service": {} });
    const { change, left } = await runModule(systemd, { name: "a", masked: true }, host);
    expect(change?.summary).toBe("mask a.service");
    expect(left).toBeUndefined();
  });

  test("has unit files read again once, before the unit is started, and only when one has changed", async () => {
    const host = hostWith({ "a.service": { NeedDaemonReload: "yes" }, "b.service": {} });
    const args = { name: "a", state: "started", daemon_reload: true } as const;
    const { left } = await runModule(systemd, args, host);
    expect(host.changesRun()).toEqual([
      "systemctl --no-ask-password daemon-reload",
      "systemctl --no-ask-password start -- a.service",
    ]);
    expect(left).toBeUndefined();
  });

  test("reads unit files again without any unit", async () => {
    const host = hostWith({ "a.service": { NeedDaemonReload: "yes" } });
    const { change, applied, left } = await runModule(systemd, { daemon_reload: true }, host);
    expect(change?.summary).toBe("daemon-reload");
    expect(applied?.result).toEqual({ units: [] });
    expect(left).toBeUndefined();
  });

  test("starts itself anew whenever it is told to", async () => {
    const host = hostWith({});
    const { left } = await runModule(systemd, { daemon_reexec: true }, host);
    expect(host.changesRun()).toEqual(["systemctl --no-ask-password daemon-reexec"]);
    expect(left).toBeDefined();
  });

  test("refuses a host without systemd, and a unit that is not there", async () => {
    const other = new FakeHost({ facts: { init: "other" } });
    await expect(runModule(systemd, { daemon_reload: true }, other)).rejects.toThrow("needs systemd");
    await expect(runModule(systemd, { name: "x.timer", enabled: true }, hostWith({}))).rejects.toThrow(
      "no unit x.timer",
    );
  });

  test.each([
    {},
    { name: "a" },
    { state: "started" },
    { daemon_reload: true, enabled: true },
    { daemon_reload: false },
    { name: "--now", state: "started" },
    { name: "a", state: "running" },
    { name: "a", state: "started", scope: "user" },
    { name: "a", state: "started", no_block: true },
  ])("its schema refuses %j", (args) => expect(refuses(systemd, args)).toBeDefined());
});
