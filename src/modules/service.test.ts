import { describe, expect, test } from "vitest";
import { service } from "./service.ts";
import { fakeContext } from "./testing/fake-context.ts";
import { FakeHost } from "./testing/fake-host.ts";
import { type FakeUnit, fakeSystemd } from "./testing/fake-systemd.ts";
import { refuses, runModule } from "./testing/run-module.ts";

const running = { ActiveState: "active", SubState: "running", UnitFileState: "enabled" };

function hostWith(units: Record<string, FakeUnit>): FakeHost {
  return new FakeHost({ commands: fakeSystemd(units) });
}

describe("service", () => {
  test("stops before it masks, and then has nothing left to do", async () => {
    const host = hostWith({ "postfix.service": { ...running } });
    const { change, applied, left } = await runModule(
      service,
      { name: "postfix", state: "stopped", masked: true },
      host,
    );
    expect(change?.summary).toBe("stop postfix.service, mask postfix.service");
    expect(host.changesRun()).toEqual([
      "systemctl --no-ask-password stop -- postfix.service",
      "systemctl --no-ask-password mask -- postfix.service",
    ]);
    expect(applied?.result).toMatchObject({
      name: "postfix.service",
      state: "inactive",
      units: [{ masked: true }],
    });
    expect(left).toBeUndefined();
  });

  test("unmasks before it enables and starts", async () => {
    const host = hostWith({ "dovecot.service": { LoadState: "masked", UnitFileState: "masked" } });
    const args = { name: "dovecot", state: "started", enabled: true, masked: false } as const;
    const { change, left } = await runModule(service, args, host);
    expect(change?.summary).toBe("unmask dovecot.service, enable dovecot.service, start dovecot.service");
    expect(left).toBeUndefined();
  });

  test("stops a service and its socket in one go", async () => {
    const host = hostWith({
      "dovecot.socket": { ActiveState: "active" },
      "dovecot.service": { ...running, TriggeredBy: "dovecot.socket" },
    });
    const { change, left } = await runModule(
      service,
      { name: ["dovecot.socket", "dovecot"], state: "stopped" },
      host,
    );
    expect(change?.summary).toBe("stop dovecot.socket dovecot.service");
    expect(left).toBeUndefined();
  });

  test("does not take a service for stopped that its socket would start again", async () => {
    const host = hostWith({
      "dovecot.socket": { ActiveState: "active" },
      "dovecot.service": { ...running, TriggeredBy: "dovecot.socket" },
    });
    const run = runModule(service, { name: "dovecot", state: "stopped" }, host);
    await expect(run).rejects.toMatchObject({
      message: expect.stringContaining("dovecot.socket would start"),
    });
    expect(host.changesRun()).toEqual([]);
  });

  test("starts the instance that an active service stands for", async () => {
    const units = {
      "postfix.service": {
        ...running,
        SubState: "exited",
        ConsistsOf: "postfix@-.service",
        Wants: "postfix@-.service",
      },
      "postfix@-.service": { ActiveState: "failed" },
    };
    const { change, left } = await runModule(service, { name: "postfix", state: "started" }, hostWith(units));
    expect(change?.summary).toBe("start postfix@-.service");
    expect(left).toBeUndefined();
    units["postfix@-.service"].ActiveState = "active";
    const stopped = await runModule(service, { name: "postfix", state: "stopped" }, hostWith(units));
    expect(stopped.change?.summary).toBe("stop postfix.service postfix@-.service");
    expect(stopped.left).toBeUndefined();
  });

  test("turns a mask that a reboot forgets into one that stays", async () => {
    const host = hostWith({ "postfix.service": { LoadState: "masked", UnitFileState: "masked-runtime" } });
    const { change, left } = await runModule(
      service,
      { name: "postfix", state: "stopped", masked: true },
      host,
    );
    expect(change?.summary).toBe("mask postfix.service");
    expect(left).toBeUndefined();
  });

  test("masks the unit itself when it is named by an alias", async () => {
    const units: Record<string, FakeUnit> = { "mariadb.service": { ...running } };
    units["mysql.service"] = Object.assign(units["mariadb.service"] ?? {}, { Id: "mariadb.service" });
    const host = hostWith(units);
    await runModule(service, { name: "mysql", state: "stopped", masked: true }, host);
    expect(host.changesRun().at(-1)).toBe("systemctl --no-ask-password mask -- mariadb.service");
  });

  test("says how to mask a unit whose file lies where the mask would go", async () => {
    const host = hostWith({ "own.service": { ...running, FragmentPath: "/etc/systemd/system/own.service" } });
    const run = runModule(service, { name: "own", state: "stopped", masked: true }, host);
    await expect(run).rejects.toMatchObject({
      next: expect.stringContaining("/usr/local/lib/systemd/system"),
    });
    expect(host.changesRun()).toEqual([]);
  });

  test("restarts what runs and what does not; reloads only what runs", async () => {
    const host = hostWith({ "a.service": {}, "b.service": { ...running } });
    await runModule(service, { name: ["a", "b"], state: "restarted" }, host);
    expect(host.changesRun()).toEqual(["systemctl --no-ask-password restart -- a.service b.service"]);
    const stopped = hostWith({ "a.service": {} });
    expect((await runModule(service, { name: "a", state: "reloaded" }, stopped)).change).toBeUndefined();
  });

  test("reads unit files again that have changed since", async () => {
    const host = hostWith({ "a.service": { NeedDaemonReload: "yes" } });
    await runModule(service, { name: "a", state: "started" }, host);
    expect(host.changesRun()[0]).toBe("systemctl --no-ask-password daemon-reload");
  });

  test("is not content with a command that ended well", async () => {
    const host = new FakeHost({
      commands: [
        { argv: ["systemctl", "--no-ask-password", "start"], answer: "" },
        { argv: ["journalctl"], answer: "fatal: no such table\n" },
        ...fakeSystemd({ "a.service": {} }),
      ],
    });
    const run = runModule(service, { name: "a", state: "started" }, host);
    await expect(run).rejects.toThrow("a.service is inactive (dead), disabled\nfatal: no such table");
  });

  test("takes a unit that has done its work for started", async () => {
    const host = new FakeHost({
      commands: [
        { argv: ["systemctl", "--no-ask-password", "start"], answer: "" },
        ...fakeSystemd({ "once.service": { Type: "oneshot", RemainAfterExit: "no" } }),
      ],
    });
    const { applied } = await runModule(service, { name: "once", state: "started" }, host);
    expect(applied?.result).toMatchObject({ state: "inactive" });
  });

  test("shows what the journal says of a start that failed", async () => {
    const host = new FakeHost({
      commands: [
        { argv: ["journalctl"], answer: "bad setting in main.cf\n" },
        ...fakeSystemd({ "a.service": { Fails: "start" } }),
      ],
    });
    const run = runModule(service, { name: "a", state: "started" }, host);
    await expect(run).rejects.toThrow("Job for a.service failed.\nbad setting in main.cf");
  });

  test("fails for a unit that is not there, unless it may be missing", async () => {
    const host = hostWith({});
    await expect(runModule(service, { name: "postfx", state: "stopped" }, host)).rejects.toThrow(
      "no unit postfx",
    );
    const { change } = await runModule(
      service,
      { name: "x.socket", state: "stopped", missing: "ignore" },
      host,
    );
    expect(change).toBeUndefined();
  });

  test("foresees in check mode what earlier tasks make possible", async () => {
    const masked = hostWith({ "a.service": { LoadState: "masked", UnitFileState: "masked" } });
    const context = fakeContext({ checkMode: true });
    const start = await service.check({ name: "a", state: "started" }, masked.reader(), context);
    expect(start?.summary).toBe("start a.service");
    const absent = await service.check({ name: "b", state: "started" }, masked.reader(), context);
    expect(absent?.summary).toContain("not there yet");
    await expect(runModule(service, { name: "a", state: "started" }, masked)).rejects.toThrow("is masked");
  });

  test("refuses a host without systemd, and what can't be enabled", async () => {
    const other = new FakeHost({ facts: { init: "other" } });
    await expect(runModule(service, { name: "a", state: "started" }, other)).rejects.toThrow("needs systemd");
    const fixed = hostWith({ "a.service": { UnitFileState: "static" } });
    await expect(runModule(service, { name: "a", enabled: true }, fixed)).rejects.toThrow("static");
    expect((await runModule(service, { name: "a", enabled: false }, fixed)).change).toBeUndefined();
  });

  test.each([
    { name: "a" },
    { state: "started" },
    { name: "", state: "started" },
    { name: "--now", state: "started" },
    { name: [], state: "started" },
    { name: "a", masked: true },
    { name: "a", masked: true, state: "started" },
    { name: "a", masked: true, state: "stopped", enabled: false },
    { name: "a", state: "running" },
    { name: "a", state: "started", enabled: "yes" },
    { name: "a", state: "started", pattern: "x" },
  ])("its schema refuses %j", (args) => expect(refuses(service, args)).toBeDefined());
});
