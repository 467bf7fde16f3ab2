import { once } from "node:events";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { withDeadline } from "./deadline.ts";

test("the time is over even when garbage was collected meanwhile", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const run = new AbortController();
  const ended = withDeadline(200, run.signal, async (signal) => {
    const aborted = once(signal, "abort");
    // What is only weakly held stays for the turn that made it.
    await new Promise((resolve) => setImmediate(resolve));
    for (let count = 0; count < 5; count++) collect();
    await aborted;
    return signal.reason as unknown;
  });
  await expect(ended).resolves.toMatchObject({ name: "TimeoutError" });
});

test("the end of the run ends it before its time, with the run's reason", async () => {
  const run = new AbortController();
  const reason = new Error("stopped");
  const ended = withDeadline(60_000, run.signal, async (signal) => {
    run.abort(reason);
    return signal.reason as unknown;
  });
  await expect(ended).resolves.toBe(reason);
});

test("a run that has ended leaves no time at all", async () => {
  const isOver = withDeadline(60_000, AbortSignal.abort(), async (signal) => signal.aborted);
  await expect(isOver).resolves.toBe(true);
});
