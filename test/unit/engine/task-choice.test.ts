import { beforeEach, describe, expect, test } from "vitest";
import { readState } from "../../../src/engine/record.ts";
import { makePlace, type Place, run, silentPrompter } from "./run-playbook.ts";

let place: Place;
beforeEach(() => {
  place = makePlace();
  for (const host of Object.values(place.hosts))
    for (const word of ["one", "two", "three"]) host.answer([word], "");
});

const playbook = `name: example
stages:
  - name: main
    plays:
      - hosts: new
        tasks:
          - { name: first, command: one }
          - block:
              - { name: second / half, command: two }
      - hosts: old
        tasks:
          - { name: third, command: three, tags: [last] }
`;

const answering = (...answers: string[]) => ({
  ...silentPrompter,
  input: async () => answers.shift() ?? "",
});

describe("--start-at-task", () => {
  test("leaves out what stands before the task, also in later plays' blocks", async () => {
    const { tasks, result } = await run(place, playbook, { startAtTask: "second / half" });
    expect(result.result).toBe("done");
    expect(tasks).toEqual(["beta: second / half: changed", "alpha: third: changed"]);
  });

  test("takes a glob, and goes on with whole plays", async () => {
    expect((await run(place, playbook, { startAtTask: "th*d" })).tasks).toEqual(["alpha: third: changed"]);
    expect((await run(place, playbook, { startAtTask: "fir?t" })).tasks).toHaveLength(3);
  });

  test("is not the stage run whole", async () => {
    await run(place, playbook, { startAtTask: "third" });
    expect(readState(place.stateDirectory).stages.main?.doneAt).toBeUndefined();
  });

  test("is not for a stage that stops servers", async () => {
    const cutover = playbook.replace("    plays:", "    confirm: sure\n    plays:");
    await expect(run(place, cutover, { startAtTask: "third" })).rejects.toThrow("runs whole or not at all");
    await expect(run(place, cutover, { step: true })).rejects.toThrow("runs whole or not at all");
    await expect(run(place, cutover, { skipTags: ["last"] })).rejects.toThrow("runs whole or not at all");
  });

  test("nor for one that takes a service down for good: what it asks before would be left out", async () => {
    const task = "{ name: last look, fail: { msg: mail waits on old } }";
    const down = "{ name: down, service: { name: postfix, state: stopped, masked: true } }";
    const finish = `name: x\nstages: [{ name: main, plays: [{ hosts: old, tasks: [${task}, { block: [${down}] }] }] }]\n`;
    await expect(run(place, finish, { startAtTask: "down" })).rejects.toThrow("runs whole or not at all");
    await expect(run(place, finish, { limit: "old" })).rejects.toThrow("runs whole or not at all");
    expect(place.hosts.alpha.changesRun().join("\n")).not.toContain("systemctl");
  });
});

describe("--step", () => {
  test("runs what is answered with yes; anything else is a no", async () => {
    const { tasks } = await run(place, playbook, { step: true, prompter: answering("y", "", "yes") });
    expect(tasks).toEqual(["beta: first: changed", "alpha: third: changed"]);
    expect(readState(place.stateDirectory).stages.main?.doneAt).toBeUndefined();
  });

  test("asks no more after continue, and the stage is done when nothing was refused", async () => {
    const { tasks } = await run(place, playbook, { step: true, prompter: answering("c", "n", "n") });
    expect(tasks).toHaveLength(3);
    expect(readState(place.stateDirectory).stages.main?.doneAt).toBeDefined();
  });
});
