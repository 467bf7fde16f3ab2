import { describe, expect, test } from "vitest";
import { Failure, Unreachable } from "../contract/errors.ts";
import type { JobSpec } from "../contract/host.ts";
import type { ConnectedHost } from "./hosts.ts";
import { bindJobs } from "./job-binding.ts";
import type { RunScope } from "./scope.ts";

/** A host whose job is at work until the run is stopped at once; `cancel` says what telling it to end comes to. */
function setUp(cancel: () => void = () => {}) {
  const run = new AbortController();
  const done: string[] = [];
  const told: string[] = [];
  const host = {
    name: "mail-new",
    facts: { user: "root" },
    startJob: async () => void done.push("started"),
    followJob: async (_id: string, { signal }: { signal: AbortSignal }) => {
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
      throw new Failure("interrupted", "interrupted");
    },
    cancelJob: async () => {
      cancel();
      done.push("ended");
    },
    removeJob: async () => void done.push("removed"),
  } as unknown as ConnectedHost;
  const scope = {
    record: { add: ({ type }: { type: string }) => void done.push(type) },
    emit: ({ text }: { text: string }) => void told.push(text),
  } as unknown as RunScope;
  const stopAt = async (spec: Partial<JobSpec>): Promise<unknown> => {
    const running = bindJobs(scope, host, "task", run.signal).runJob({
      name: "rsync",
      argv: ["rsync"],
      ...spec,
    });
    run.abort();
    return running.catch((error: unknown) => error);
  };
  return { done, told, stopAt };
}

describe("a job whose run is stopped at once", () => {
  test("goes on, and the journal knows of it", async () => {
    const { done, told, stopAt } = setUp();
    expect(await stopAt({})).toMatchObject({ kind: "interrupted" });
    expect(done).toEqual(["job-started", "started"]);
    expect(told).toEqual([]);
  });

  test("ends with it when it says so, and nothing is left to wait for", async () => {
    const { done, told, stopAt } = setUp();
    expect(await stopAt({ endsWithRun: true })).toMatchObject({ kind: "interrupted" });
    expect(done).toEqual(["job-started", "started", "ended", "removed", "job-collected"]);
    expect(told).toEqual([expect.stringContaining("was ended where it was: the next run does what is left")]);
  });

  test("goes on where its host can't be told, and the journal knows of it", async () => {
    const { done, told, stopAt } = setUp(() => {
      throw new Unreachable("no route to mail-new", { host: "mail-new" });
    });
    expect(await stopAt({ endsWithRun: true })).toMatchObject({ kind: "interrupted" });
    expect(done).toEqual(["job-started", "started"]);
    expect(told).toEqual([expect.stringContaining("could not be ended, and goes on: no route to mail-new")]);
  });
});
