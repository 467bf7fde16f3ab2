import { expect, test } from "vitest";
import { type BootedLab, changesIn } from "../module-lab.ts";

/** What the modules about the system promise of accounts, crontabs, keys, mounts, settings, names and units. */
export function systemModules(booted: () => BootedLab): void {
  const run = (stage: string, ...more: string[]) => booted().run("system-modules", stage, ...more);
  const changesOnce = async (stage: string, count: number) => {
    expect(changesIn(await run(stage))).toEqual([count, count]);
    expect(changesIn(await run(stage))).toEqual([0, 0]);
  };

  test("check mode foresees all changes and makes none", async () => {
    const before = await booted().states();
    expect(changesIn(await run("accounts", "--check", "--diff"))).toEqual([7, 7]);
    expect(changesIn(await run("system", "--check", "--diff"))).toEqual([7, 7]);
    expect(await booted().states()).toEqual(before);
  });

  test("accounts, keys and crontabs are made once, as they shall be", async () => {
    const told = await run("accounts", "--diff");
    expect(changesIn(told)).toEqual([7, 7]);
    expect(told).not.toContain("trysalt");
    expect(changesIn(await run("accounts"))).toEqual([0, 0]);
    await run("accounts-looks");
  });

  test("accounts, keys and crontabs are changed once", async () => {
    const before = await booted().states();
    expect(changesIn(await run("accounts-changed", "--check"))).toEqual([5, 5]);
    expect(await booted().states()).toEqual(before);
    await changesOnce("accounts-changed", 5);
    await run("accounts-changed-looks");
  });

  test("mounts, settings of the kernel, the name and units are made once, and seen by facts", async () => {
    await changesOnce("system", 7);
    await run("system-looks");
  });

  test("mounts, settings of the kernel and units are changed once", async () => {
    await changesOnce("system-changed", 5);
    for (const host of booted().hosts()) {
      expect(await host.run(["findmnt", "-n", "-o", "OPTIONS", "/srv/my data"])).toContain("size=2048k");
      const next = await host.run(["systemctl", "cat", "try.timer"]);
      expect(next).toContain("OnCalendar=weekly");
    }
  });

  test("what can't be, or would lose mail, is refused", async () => {
    await run("refusals");
  });

  test("what is removed is gone", async () => {
    await changesOnce("remove", 12);
    for (const host of booted().hosts()) {
      const mounts = await host.run(["findmnt", "-n", "-l", "-o", "TARGET"]);
      expect(mounts).not.toContain("/srv/my data");
      expect((await host.exec(["test", "-e", "/home/try-moved"])).exitCode).toBe(1);
      expect((await host.exec(["getent", "group", "try"])).exitCode).toBe(2);
      expect(await host.run(["cat", "/etc/fstab"])).not.toContain("tmpfs");
    }
  });
}
