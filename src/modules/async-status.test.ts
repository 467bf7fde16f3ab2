import { describe, expect, test } from "vitest";
import { asyncStatus } from "./async-status.ts";
import { fakeContext } from "./testing/fake-context.ts";
import { FakeHost } from "./testing/fake-host.ts";
import { refuses } from "./testing/run-module.ts";

const host = new FakeHost({ name: "beta" });
const ended = (exitCode: number) => ({
  isRunning: false as const,
  result: { exitCode, stdout: Buffer.from("out\n"), stderr: Buffer.from("no disk\n") },
});

describe("async_status", () => {
  test("tells of a job that runs, and of what one left that has ended", async () => {
    const context = fakeContext({ jobs: { running: { isRunning: true }, done: ended(0) } });
    expect((await asyncStatus.look({ jid: "running" }, host, context)).result).toEqual({
      ...{ job_id: "running", started: true, finished: false, job_status: "running" },
    });
    expect((await asyncStatus.look({ jid: "done" }, host, context)).result).toMatchObject({
      ...{ job_id: "done", finished: true, job_status: "ended", rc: 0, stdout: "out" },
    });
  });

  test("fails with all that is known of a job that failed, or that is not there", async () => {
    const context = fakeContext({ jobs: { broken: ended(3) } });
    await expect(asyncStatus.look({ jid: "broken" }, host, context)).rejects.toMatchObject({
      message: "the job broken ended with exit code 3: no disk",
      result: { finished: true, rc: 3, stderr: "no disk" },
    });
    await expect(asyncStatus.look({ jid: "other" }, host, context)).rejects.toThrow(
      "there is no job other on beta",
    );
  });

  test("cleans up after a job, but not under one that runs", async () => {
    const context = fakeContext({ jobs: { running: { isRunning: true }, done: ended(1) } });
    const clean = (jid: string) => asyncStatus.look({ jid, mode: "cleanup" }, host, context);
    await expect(clean("running")).rejects.toThrow("still runs");
    expect((await clean("done")).result).toEqual({ job_id: "done", erased: true });
    expect((await clean("gone")).result).toEqual({ job_id: "gone", erased: false });
    expect(context.forgottenJobs).toEqual(["done"]);
  });

  test.each<object>([{}, { jid: "" }, { jid: "a", mode: "kill" }])("its schema refuses %j", (args) =>
    expect(refuses(asyncStatus, args)).toBeDefined(),
  );
});
