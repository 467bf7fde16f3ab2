import { describe, expect, it } from "vitest";
import type { MigrationState, StageState } from "../engine/state.ts";
import type { Playbook, Stage } from "../language/model/playbook.ts";
import { nextStep } from "./next-step.ts";

const now = new Date("2026-11-22T12:00:00Z");
const anHourAgo = "2026-11-22T11:00:00Z";
const twoDaysAgo = "2026-11-20T12:00:00Z";
const place = { file: "p.yml", line: 1, column: 1 };
const given = { playbook: "p.yml", inventory: ["my hosts.yml"], stateDir: "s", more: ["-e", "a=b c"] };

function stage(name: string, more: Partial<Stage> = {}): Stage {
  return { name, place, repeatable: false, requires: [], plays: [], rollback: [], undoes: [], ...more };
}

const back = { name: "Back", tasks: [] as const } as unknown as Stage["rollback"][number];
const playbook: Playbook = {
  file: "p.yml",
  name: "p",
  vars: {},
  stages: [
    stage("copy", { description: "Copy it." }),
    stage("cutover", { requires: [{ stage: "copy", withinSeconds: 86_400 }], rollback: [back] }),
    stage("finish", { requires: [{ stage: "cutover" }] }),
  ],
};

function state(stages: Record<string, StageState>, more: Partial<MigrationState> = {}): MigrationState {
  const none = {
    version: 1,
    latches: {},
    openJobs: {},
    jobs: {},
    openLinks: [],
    pendingHandlers: [],
  } as const;
  return { ...none, stages, ...more };
}

const words = (command: string, name: string) =>
  `mailferry ${command} p.yml -i 'my hosts.yml' --stage ${name} --state-dir s -e 'a=b c'`;

describe("nextStep", () => {
  it("begins with the first stage, quoted for a shell", () => {
    expect(nextStep(playbook, state({}), given, now)).toEqual({
      command: words("run", "copy"),
      reason: "Copy it.",
    });
  });

  it("goes on with a stage that was cut short", () => {
    const cut = state({ copy: { doneAt: anHourAgo }, cutover: {} }, { unfinishedStage: "cutover" });
    expect(nextStep(playbook, cut, given, now).command).toBe(words("run", "cutover"));
  });

  it("says with which variables a stage was begun, where it does not know their values", () => {
    const begun = { startedAt: anHourAgo, extraVariables: ["a", "b"] };
    const cut = state({ copy: begun }, { unfinishedStage: "copy" });
    const failed = state({ copy: { ...begun, failedAt: anHourAgo } });
    for (const [where, reason] of [
      [cut, /it was begun with -e a=… -e b=…: give the same again$/],
      [failed, /it was begun with -e a=… -e b=…: give the same again$/],
    ] as const) {
      expect(nextStep(playbook, where, { ...given, more: [] }, now).reason).toMatch(reason);
      expect(nextStep(playbook, where, given, now).reason).toMatch(/leaves out what is done\)$/);
    }
  });

  it("names the way back only once it is begun, and its own way back only before its turning point", () => {
    const way = {
      ...playbook,
      stages: [...playbook.stages, stage("back", { undoes: ["copy"], rollback: [back] })],
    };
    const open = { "old-frozen": anHourAgo, "new-opened": anHourAgo };
    const moved = {
      copy: { doneAt: anHourAgo },
      cutover: { doneAt: anHourAgo },
      finish: { doneAt: anHourAgo },
    };
    expect(nextStep(way, state(moved, { latches: open }), given, now).command).toBeUndefined();
    const begun = state(moved, { latches: { ...open, "new-frozen": anHourAgo } });
    expect(nextStep(way, begun, given, now)).toMatchObject({
      command: words("run", "back"),
      otherwise: words("rollback", "back"),
    });
    const turned = state(moved, { latches: { "old-frozen": anHourAgo, "new-frozen": anHourAgo } });
    expect(nextStep(way, turned, given, now)).toMatchObject({
      command: words("run", "back"),
      otherwise: undefined,
    });
  });

  it("runs a stage again with the tasks and hosts that it was for, and another one whole", () => {
    const again = { ...given, again: ["--limit", "a", "--tags", "b c"] };
    const cut = state({ copy: { doneAt: anHourAgo }, cutover: {} }, { unfinishedStage: "cutover" });
    expect(nextStep(playbook, cut, again, now).command).toBe(
      `${words("run", "cutover")} --limit a --tags 'b c'`,
    );
    const done = state({ copy: { doneAt: anHourAgo } });
    expect(nextStep(playbook, done, again, now).command).toBe(words("run", "cutover"));
  });

  it("wants a copy again that has become too old", () => {
    const step = nextStep(playbook, state({ copy: { doneAt: twoDaysAgo } }), given, now);
    expect(step.command).toBe(words("run", "copy"));
    expect(step.reason).toBe("stage cutover wants it done within 1 d, and that was 2 d ago");
  });

  it("goes forward however old the copy is once old is frozen", () => {
    const frozen = state({ copy: { doneAt: twoDaysAgo } }, { latches: { "old-frozen": anHourAgo } });
    expect(nextStep(playbook, frozen, given, now).command).toBe(words("run", "cutover"));
  });

  it("offers the way back after a failure, until the new server was opened", () => {
    const stages = { copy: { doneAt: anHourAgo }, cutover: { failedAt: anHourAgo, failure: "x" } };
    expect(nextStep(playbook, state(stages), given, now).otherwise).toBe(words("rollback", "cutover"));
    const opened = state(stages, { latches: { "new-opened": anHourAgo } });
    expect(nextStep(playbook, opened, given, now).otherwise).toBeUndefined();
  });

  it("has nothing to say at the end", () => {
    const done = { doneAt: anHourAgo };
    expect(nextStep(playbook, state({ copy: done, cutover: done, finish: done }), given, now)).toEqual({
      reason: "every stage is done",
    });
  });
});
