import { afterAll, beforeAll, expect, test } from "vitest";
import type { LabHost } from "../../../src/lab/lab.ts";
import { type BootedLab, changesIn } from "../module-lab.ts";
import { until } from "../rehearse.ts";

/** What the role postfix-queue promises of a queue with three deferred messages and one on hold. */
export function postfixQueue(booted: () => BootedLab): void {
  const run = (stage: string, ...more: string[]) => booted().run("postfix-queue", stage, ...more);
  const queues = async () => {
    const { old, new: fresh } = booted().lab.hosts;
    return { old: await countQueue(old), new: await countQueue(fresh) };
  };

  beforeAll(async () => {
    const { old, new: fresh } = booted().lab.hosts;
    await old.run(["sh", "-euc", "postconf defer_transports=smtp; postfix reload"]);
    for (const number of [1, 2, 3, 4]) {
      const message = `Message-ID: <carried.${number}@example.com>\nSubject: carried\n\nhello\n`;
      await old.run(["sendmail", "-f", "john@example.org", "far@example.com"], { stdin: message });
    }
    await until(async () => (await countQueue(old)).deferred === 4);
    for (const host of [old, fresh]) await host.run(["systemctl", "stop", "postfix"]);
    await old.run([
      "sh",
      "-euc",
      "cd /var/spool/postfix; find deferred -type f -printf '%f\\n' | head -n 1 | postsuper -h -",
    ]);
  });
  afterAll(async () => {
    const { old, new: fresh } = booted().lab.hosts;
    await old.run(["postconf", "-X", "defer_transports"]);
    for (const host of [old, fresh])
      await host.run(["sh", "-euc", "postsuper -d ALL; systemctl start postfix"]);
  });

  test("check mode carries nothing", async () => {
    const before = await booted().states();
    await run("carry", "--check");
    expect(await booted().states()).toEqual(before);
  });

  test("what waits is carried, and held on old; a second time is as good as the first", async () => {
    const carried = { old: { deferred: 0, hold: 4 }, new: { deferred: 3, hold: 1 } };
    for (const _time of [1, 2]) {
      await run("carry");
      expect(await queues()).toEqual(carried);
    }
    const fresh = booted().lab.hosts.new;
    expect(
      await fresh.run(["find", "/var/spool/postfix/deferred", "-type", "f", "!", "-user", "postfix"]),
    ).toBe("");
    expect(await fresh.run(["postsuper", "-s"])).toBe("");
  });

  test("the way back lets old send again, and leaves nothing on new; twice changes nothing", async () => {
    await run("back");
    expect(await queues()).toEqual({ old: { deferred: 3, hold: 1 }, new: { deferred: 0, hold: 0 } });
    expect(changesIn(await run("back"))).toEqual([0, 0]);
  });
}

async function countQueue(host: LabHost): Promise<{ readonly deferred: number; readonly hold: number }> {
  const count = async (queue: string) =>
    (await host.exec(["find", `/var/spool/postfix/${queue}`, "-type", "f", "-printf", "."])).stdout.length;
  return { deferred: await count("deferred"), hold: await count("hold") };
}
