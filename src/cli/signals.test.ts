import { EventEmitter } from "node:events";
import { expect, it } from "vitest";
import { watchSignals } from "./signals.ts";

it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
  "lets the task end at the first %s, and stops at the second",
  (name) => {
    const source = new EventEmitter();
    const said: string[] = [];
    const watch = watchSignals(source, (text) => said.push(text));
    expect([watch.stopping.aborted, watch.signal.aborted]).toEqual([false, false]);
    source.emit(name);
    expect([watch.stopping.aborted, watch.signal.aborted]).toEqual([true, false]);
    source.emit(name);
    expect([watch.stopping.aborted, watch.signal.aborted]).toEqual([true, true]);
    source.emit(name);
    expect(said).toHaveLength(2);
    expect(said[0]).toBe("Finishing the task under way; Ctrl-C again stops at once.");
    watch.close();
    expect(source.listenerCount(name)).toBe(0);
  },
);

it("takes a Ctrl-C that a question has read for a signal", () => {
  const watch = watchSignals(new EventEmitter(), () => undefined);
  watch.interrupt();
  expect(watch.stopping.aborted).toBe(true);
  watch.close();
});
