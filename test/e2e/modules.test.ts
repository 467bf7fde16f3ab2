import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Lab } from "../../src/lab/lab.ts";
import { labDown } from "../../src/lab/lab-down.ts";
import { labUp } from "../../src/lab/lab-up.ts";
import { prepareRehearsal, type Rehearsal } from "../../src/lab/rehearsal/rehearsal.ts";
import { hostState } from "./host-state.ts";
import { done } from "./rehearse.ts";

const name = "e2e-modules";

/** The general modules on Debian 11 and 13: what they promise of files, commands, packages and services. */
describe("the general modules", () => {
  let lab: Lab;
  let rehearsal: Rehearsal;

  beforeAll(async () => {
    await labDown(name);
    lab = await labUp({ name });
    rehearsal = await prepareRehearsal({
      lab,
      program: resolve("bin/mailferry.js"),
      playbook: resolve("test/e2e/general-modules/playbook.yml"),
    });
  });
  afterAll(() => labDown(name));

  const hosts = () => [lab.hosts.old, lab.hosts.new];
  const states = () => Promise.all(hosts().map(hostState));

  test("check mode leaves the hosts as they are", async () => {
    const before = await states();
    for (const stage of ["files", "freeze"]) await done(rehearsal, stage, "--check", "--diff");
    expect(await states()).toEqual(before);
  });

  test("what is changed once is so, and stays so", async () => {
    expect(changesIn(await done(rehearsal, "files"))).toEqual([11, 11]);
    expect(changesIn(await done(rehearsal, "files"))).toEqual([0, 0]);
    await done(rehearsal, "looks");
  });

  test("what must not be done is refused", async () => {
    await done(rehearsal, "refusals");
  });

  test("frozen services are kept down by a mask on the disk, and come back", async () => {
    expect(changesIn(await done(rehearsal, "freeze"))).toEqual([1, 1]);
    expect(changesIn(await done(rehearsal, "freeze"))).toEqual([0, 0]);
    for (const host of hosts()) {
      const mask = await host.run(["readlink", "/etc/systemd/system/postfix.service"]);
      expect(mask.trim()).toBe("/dev/null");
      expect((await host.exec(["systemctl", "start", "postfix"])).exitCode).not.toBe(0);
    }
    expect(changesIn(await done(rehearsal, "thaw"))).toEqual([2, 2]);
    expect(changesIn(await done(rehearsal, "thaw"))).toEqual([0, 0]);
  });

  test("a service whose instance died is started again, though systemd calls it active", async () => {
    const { old } = lab.hosts;
    await old.run(["systemctl", "stop", "postfix@-"]);
    expect((await old.exec(["systemctl", "is-active", "postfix"])).stdout.trim()).toBe("active");
    expect(changesIn(await done(rehearsal, "thaw"))).toEqual([1, 0]);
    expect((await old.exec(["systemctl", "is-active", "postfix@-"])).stdout.trim()).toBe("active");
  });

  test("what is removed is gone", async () => {
    expect(changesIn(await done(rehearsal, "remove"))).toEqual([3, 3]);
    expect(changesIn(await done(rehearsal, "remove"))).toEqual([0, 0]);
  });
});

/** The counts of changed tasks in the summary, host by host. */
function changesIn(output: string): number[] {
  return [...output.matchAll(/^mail-\S+ +\d+ +(\d+) /gm)].map(([, changed]) => Number(changed));
}
