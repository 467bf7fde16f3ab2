import { describe, expect, test } from "vitest";
import type { JournalEntry, JournalFact } from "./journal.ts";
import { deriveState } from "./state.ts";

const started = { playbook: "p.yml", inventory: "i.yml" };

describe("deriveState", () => {
  test("a stage that began and neither ended nor failed is unfinished", () => {
    expect(stateOf({ type: "stage-started", stage: "cutover", ...started }).unfinishedStage).toBe("cutover");
    const done = stateOf(
      { type: "stage-started", stage: "cutover", ...started },
      { type: "stage-done", stage: "cutover" },
    );
    expect(done.unfinishedStage).toBeUndefined();
    expect(done.stages.cutover?.doneAt).toBe(time(1));
  });

  test("a stage that is run again and fails is not done any more", () => {
    const state = stateOf(
      { type: "stage-started", stage: "hot-copy", ...started },
      { type: "stage-done", stage: "hot-copy" },
      { type: "stage-started", stage: "hot-copy", ...started },
      { type: "stage-failed", stage: "hot-copy", message: "disk full" },
    );
    expect(state.stages["hot-copy"]).toEqual({
      run: "r",
      startedAt: time(2),
      doneAt: undefined,
      failedAt: time(3),
      failure: "disk full",
    });
  });

  test("a stage that is run again after its rollback is not rolled back any more", () => {
    const state = stateOf(
      { type: "stage-started", stage: "cutover", ...started },
      { type: "rollback-started", stage: "cutover" },
      { type: "rollback-done", stage: "cutover" },
      { type: "stage-started", stage: "cutover", ...started },
    );
    expect(state.unfinishedStage).toBe("cutover");
    expect(state.stages.cutover?.rolledBackAt).toBeUndefined();
  });

  test("a rollback takes the stage back", () => {
    const state = stateOf(
      { type: "stage-started", stage: "cutover", ...started },
      { type: "stage-failed", stage: "cutover", message: "x" },
      { type: "rollback-started", stage: "cutover" },
      { type: "rollback-done", stage: "cutover" },
    );
    expect(state.stages.cutover).toEqual({ rolledBackAt: time(3) });
    expect(state.unfinishedStage).toBeUndefined();
  });

  test("the downtime lasts until new was seen to answer, and a latch keeps its first time", () => {
    const state = stateOf(
      { type: "latch-set", latch: "old-frozen" },
      { type: "latch-set", latch: "old-frozen" },
      { type: "latch-set", latch: "new-opened" },
      { type: "latch-set", latch: "new-serving" },
    );
    expect(state.latches["old-frozen"]).toBe(time(0));
    expect(state.downtimeSeconds).toBe(3);
  });

  test("a lifted latch is not set", () => {
    const state = stateOf(
      { type: "latch-set", latch: "old-frozen" },
      { type: "latch-lifted", latch: "old-frozen" },
    );
    expect(state.latches).toEqual({});
  });

  test("a job, a link and a handler stay open until they are told to be over", () => {
    const opened: JournalFact[] = [
      { type: "job-started", task: "t", host: "new", job: "rsync-1" },
      { type: "link-opened", source: "old", target: "new", directory: "/var/vmail" },
      { type: "link-opened", source: "old", target: "new", directory: "/etc/letsencrypt" },
      { type: "handler-notified", handler: "reload", host: "new" },
      { type: "handler-notified", handler: "reload", host: "new" },
    ];
    expect(stateOf(...opened)).toMatchObject({
      openJobs: { "t@new": "rsync-1" },
      openLinks: [{ source: "old", target: "new" }],
      pendingHandlers: ["reload@new"],
    });
    const closed = stateOf(
      ...opened,
      { type: "job-collected", task: "t", host: "new", job: "rsync-1" },
      { type: "links-closed", source: "old", target: "new" },
      { type: "handler-done", handler: "reload", host: "new" },
    );
    expect(closed).toMatchObject({ openJobs: {}, openLinks: [], pendingHandlers: [] });
  });
});

function time(second: number): string {
  return new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
}

function stateOf(...facts: readonly JournalFact[]) {
  const entries: JournalEntry[] = facts.map((fact, index) => ({ at: time(index), run: "r", ...fact }));
  return deriveState(entries);
}
