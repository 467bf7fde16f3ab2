import { beforeEach, describe, expect, test } from "vitest";
import { estimateDowntime } from "../../../src/engine/downtime.ts";
import { readState } from "../../../src/engine/record.ts";
import { openTaskClock, type TaskTimes } from "../../../src/engine/task-times.ts";
import type { Stage } from "../../../src/language/model/playbook.ts";
import type { Task } from "../../../src/language/model/task.ts";
import { makePlace, type Place, requestFor, run, silentPrompter } from "./run-playbook.ts";

let place: Place;
beforeEach(() => {
  place = makePlace();
});

const migration = `name: example
stages:
  - name: copy
    repeatable: true
    plays: [{ hosts: new, tasks: [{ name: pack, command: pack }] }]
  - name: cutover
    requires: [{ stage: copy }]
    confirm: "{{old_host}} stops now"
    plays:
      - { hosts: new, tasks: [{ name: look before, command: look }] }
      - hosts: old
        tasks:
          - { name: freeze, latch: { name: old-frozen, state: set } }
          - { name: drain, command: drain, until: "true", retries: 20, delay: 1 }
      - hosts: new
        tasks:
          - { name: pack, command: pack }
          - { name: open, latch: { name: new-opened, unproven: true } }
          - { name: serve, latch: { name: new-serving, state: set } }
          - { name: look after, command: look }
    rollback:
      - hosts: old
        tasks: [{ name: thaw, latch: { name: old-frozen, state: lifted } }]
`;

const copying = migration.replace(
  "{ name: pack, command: pack }\n          - { name: open",
  "{ name: last copy, rsync_pull: { from: alpha, src: /a/b, dest: /a/b, maildir: true } }\n          - { name: open",
);

async function cutoverOf(yaml: string): Promise<Stage> {
  const { playbook } = await requestFor(place, yaml);
  return playbook.stages.find(({ name }) => name === "cutover") as Stage;
}

const timed = (seconds: number, module = "command") => ({ module, seconds });

const confirming = { ...silentPrompter, typed: async () => true };

async function copied(): Promise<void> {
  for (const host of Object.values(place.hosts)) {
    for (const command of ["pack", "drain", "look"]) host.answer([command], "");
  }
  await run(place, migration, { stage: "copy" });
}

describe("the estimate of a downtime", () => {
  test("counts what stands between the marks, each as long as it took the last time", async () => {
    const times: TaskTimes = {
      ...{ "look before": timed(100), freeze: timed(1), drain: timed(2), pack: timed(4) },
      ...{ open: timed(1), serve: timed(1), "look after": timed(100) },
    };
    expect(estimateDowntime(await cutoverOf(migration), times)).toEqual({
      aboutSeconds: 9,
      atMostSeconds: 2 * 9 + 20 * 1,
      untimed: [],
    });
  });

  test("takes a copy that never ran for as long as the last one took, and is not known without one", async () => {
    const stage = await cutoverOf(copying);
    expect(estimateDowntime(stage, {})?.untimed).toEqual(["last copy"]);
    const known = estimateDowntime(stage, { "hot copy": timed(30, "rsync_pull") });
    expect(known?.untimed).toEqual([]);
    expect(known?.aboutSeconds).toBeGreaterThanOrEqual(30);
  });

  test("of what a filter learned is known by the copy before", async () => {
    const task = "{ name: learned, redis_copy: { from: alpha } }\n          - { name: open";
    const stage = await cutoverOf(
      migration.replace("{ name: pack, command: pack }\n          - { name: open", task),
    );
    expect(estimateDowntime(stage, {})?.untimed).toEqual(["learned"]);
    const known = estimateDowntime(stage, { "hot learned": timed(30, "redis_copy") });
    expect(known?.untimed).toEqual([]);
    expect(known?.aboutSeconds).toBeGreaterThanOrEqual(30);
  });

  test("takes a copy of anything but mailboxes for a short one", async () => {
    const stage = await cutoverOf(copying.replace(", maildir: true", ""));
    expect(estimateDowntime(stage, {})?.untimed).toEqual([]);
  });

  test("is none for a stage that freezes and opens nothing", async () => {
    const { playbook } = await requestFor(place, migration);
    expect(estimateDowntime(playbook.stages[0] as Stage, {})).toBeUndefined();
  });

  test("goes without the time of a failure and of the first copy", async () => {
    const clock = openTaskClock(() => new Date());
    const task = { name: "copy", module: "rsync_pull" } as Task;
    clock.start(task)([{ status: "changed", summary: "", result: { first: true } }]);
    expect(clock.times()).toEqual({});
    clock.start(task)([{ status: "changed", summary: "", result: { first: false } }]);
    expect(clock.times()).toEqual({ copy: { module: "rsync_pull", seconds: expect.any(Number) } });
  });
});

describe("a stage with a downtime", () => {
  test("says how long it will be before it asks, and how long it was beside it", async () => {
    await copied();
    const ran = await run(place, migration, { stage: "cutover", prompter: confirming });
    const types = ran.events.map(({ type }) => type);
    expect(types.indexOf("downtime-estimate")).toBeLessThan(types.indexOf("play-started"));
    const estimate = { aboutSeconds: expect.any(Number), atMostSeconds: expect.any(Number) };
    expect(ran.events.find(({ type }) => type === "downtime")).toMatchObject({ estimate });
    expect(readState(place.stateDirectory).downtimeEstimate).toEqual(estimate);
  });

  test("is refused above --max-downtime, and nothing is asked or touched", async () => {
    await copied();
    const before = readState(place.stateDirectory);
    const refused = run(place, migration, { stage: "cutover", maxDowntimeSeconds: 19 });
    await expect(refused).rejects.toMatchObject({
      kind: "refused",
      message: expect.stringMatching(/may be \d+ s, and --max-downtime allows 19 s; nothing was touched/),
      next: expect.stringContaining("--stage copy"),
    });
    expect(readState(place.stateDirectory)).toEqual(before);
    const allowed = { stage: "cutover", prompter: confirming, maxDowntimeSeconds: 3600 };
    expect((await run(place, migration, allowed)).result.result).toBe("done");
  });

  test("is refused, too, while nobody knows how long it will be", async () => {
    await copied();
    const refused = run(place, copying, { stage: "cutover", maxDowntimeSeconds: 3600 });
    await expect(refused).rejects.toThrow("no run has timed last copy");
  });

  test("goes on once old stands still, whatever is allowed, and its times don't count", async () => {
    await copied();
    place.hosts.beta.answer(["pack"], { exitCode: 1 });
    const first = { stage: "cutover", prompter: confirming, onFailure: "stop" as const };
    await run(place, migration, first);
    const { taskTimes } = readState(place.stateDirectory);
    expect(Object.keys(taskTimes ?? {}).sort()).toEqual(["drain", "freeze", "look before", "pack"]);
    place.hosts.beta.answer(["pack"], "");
    const again = await run(place, migration, { ...first, maxDowntimeSeconds: 0 });
    expect(again.result.result).toBe("done");
    expect(readState(place.stateDirectory).taskTimes).toEqual(taskTimes);
  });

  test("is the only one that --max-downtime is for", async () => {
    await expect(run(place, migration, { stage: "copy", maxDowntimeSeconds: 60 })).rejects.toMatchObject({
      kind: "bad-input",
    });
  });
});
