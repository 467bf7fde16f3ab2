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

it("takes a Ctrl-C that a question has read for a signal, without a word of a task", () => {
  const said: string[] = [];
  const watch = watchSignals(new EventEmitter(), (text) => said.push(text));
  watch.stop();
  expect(watch.stopping.aborted).toBe(true);
  expect(watch.signal.aborted).toBe(false);
  expect(said).toEqual([]);
  watch.close();
});
