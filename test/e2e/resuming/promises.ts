import { once } from "node:events";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import { finish, type Rehearsal } from "../../../src/lab/rehearsal/rehearsal.ts";
import { killTree } from "../kill-tree.ts";
import type { BootedLab } from "../module-lab.ts";

/** An event of `--json`, as far as these tests look at it. */
interface Told {
  readonly type: string;
  readonly task?: { readonly name: string };
  readonly host?: string;
  readonly lines?: readonly string[];
  readonly result?: string;
  readonly text?: string;
}

/** What is shown of a run while it lasts and before it begins, and how one that was killed is gone on with. */
export function resuming(booted: () => BootedLab): void {
  const rehearse = (): Promise<Rehearsal> => booted().rehearsal("resuming");

  test("lines of a long task and a module's progress arrive before it ends", async () => {
    const told: Told[] = [];
    const child = (await rehearse()).start(runArgs(await rehearse(), "live", "--json"));
    const ended = finish(child);
    for await (const line of createInterface({ input: child.stdout ?? process.stdin })) {
      const event = JSON.parse(line) as Told;
      told.push(event);
      // The task goes on only when its first line was heard here: nothing else can let it end in time.
      if (event.type === "task-output" && event.lines?.includes("first")) {
        await booted().lab.hosts.new.run(["touch", `/root/resuming/heard-${event.task?.name}`]);
      }
    }
    expect(await ended).toMatchObject({ exitCode: 0 });
    for (const name of ["command", "job"]) {
      const of = told.filter(({ task }) => task?.name === name);
      expect(of.map(({ type }) => type)).toEqual([
        "task-started",
        "task-output",
        "task-output",
        "task-finished",
      ]);
      expect(of.flatMap(({ lines = [] }) => lines)).toEqual(["first", "second"]);
    }
    const ledger = told.filter(({ task }) => task?.name === "ledger").map(({ type }) => type);
    expect(ledger).toEqual(["task-started", "task-progress", "task-finished"]);
  });

  test("a plan says what will change and what is known later, and writes nothing", async () => {
    const before = await booted().states();
    const rehearsal = await rehearse();
    const plan = await rehearsal.mailferry([
      ...["plan", rehearsal.playbook, "-i", rehearsal.inventory],
      ...["--stage", "foreseen", "--check"],
    ]);
    expect(plan.exitCode, plan.stderr).toBe(0);
    const host = booted().lab.hosts.new.name;
    expect(plan.stdout).toMatch(
      new RegExp(`written \\(copy\\)\n.*${host}: would change: create /root/resuming-foreseen`),
    );
    expect(plan.stdout).toMatch(
      new RegExp(`told \\(copy\\)\n.*${host}: known after: what \`counted\` stands for was done`),
    );
    expect(await booted().states()).toEqual(before);
  });

  test("killed amid hosts that go at their own pace, it does each task once", async () => {
    const rehearsal = await rehearse();
    const child = rehearsal.start(runArgs(rehearsal, "broken", "--json"));
    const done: string[] = [];
    for await (const line of createInterface({ input: child.stdout ?? process.stdin })) {
      const { type, task, host } = JSON.parse(line) as Told;
      if (type === "task-finished" || type === "task-started")
        done.push(`${type} ${host ?? ""} ${task?.name}`);
      const { old, new: other } = booted().lab.hosts;
      const isAmid = [`task-finished ${other.name} past`, `task-finished ${old.name} fact`];
      if (isAmid.every((one) => done.includes(one)) && child.exitCode === null && !child.killed) {
        killTree(child.pid);
        break;
      }
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, "close");
    const { old, new: other } = booted().lab.hosts;
    for (const host of [old, other]) await host.run(["touch", "/root/resuming/go"]);
    const resumed = await rehearsal.mailferry(runArgs(rehearsal, "broken", "--resume"));
    expect(resumed, resumed.stdout + resumed.stderr).toMatchObject({ exitCode: 0 });
    for (const host of [old, other]) {
      const log = (await host.run(["cat", "/root/resuming/log"])).trim().split("\n");
      const [, random] = /^behind (\S+)$/.exec(log[2] ?? "") ?? [];
      expect(log).toEqual(["one", "two", `behind ${random}`, `handler ${random}`]);
      expect(random).toMatch(/^[-0-9a-f]{36}$/);
    }
    expect(resumed.stdout).toContain("The last run did not end");
  });
}

function runArgs({ playbook, inventory }: Rehearsal, stage: string, ...more: string[]): string[] {
  return ["run", playbook, "-i", inventory, "--stage", stage, ...more];
}
