import { expect, test } from "vitest";
import { type BootedLab, changesIn } from "../module-lab.ts";

/** What the general modules promise of files, commands, packages and services. */
export function generalModules(booted: () => BootedLab): void {
  const run = (stage: string, ...more: string[]) => booted().run("general-modules", stage, ...more);

  test("check mode leaves the hosts as they are", async () => {
    const before = await booted().states();
    for (const stage of ["files", "freeze"]) await run(stage, "--check", "--diff");
    expect(await booted().states()).toEqual(before);
  });

  test("what is changed once is so, and stays so", async () => {
    expect(changesIn(await run("files"))).toEqual([11, 11]);
    expect(changesIn(await run("files"))).toEqual([0, 0]);
    await run("looks");
  });

  test("what must not be done is refused", async () => {
    await run("refusals");
  });

  test("frozen services are kept down by a mask on the disk, and come back", async () => {
    expect(changesIn(await run("freeze"))).toEqual([1, 1]);
    expect(changesIn(await run("freeze"))).toEqual([0, 0]);
    for (const host of booted().hosts()) {
      const mask = await host.run(["readlink", "/etc/systemd/system/postfix.service"]);
      expect(mask.trim()).toBe("/dev/null");
      expect((await host.exec(["systemctl", "start", "postfix"])).exitCode).not.toBe(0);
    }
    expect(changesIn(await run("thaw"))).toEqual([2, 2]);
    expect(changesIn(await run("thaw"))).toEqual([0, 0]);
  });

  test("a service whose instance died is started again, though systemd calls it active", async () => {
    const { old } = booted().lab.hosts;
    await old.run(["systemctl", "stop", "postfix@-"]);
    expect((await old.exec(["systemctl", "is-active", "postfix"])).stdout.trim()).toBe("active");
    expect(changesIn(await run("thaw"))).toEqual([1, 0]);
    expect((await old.exec(["systemctl", "is-active", "postfix@-"])).stdout.trim()).toBe("active");
  });

  test("what is removed is gone", async () => {
    expect(changesIn(await run("remove"))).toEqual([3, 3]);
    expect(changesIn(await run("remove"))).toEqual([0, 0]);
  });
}
