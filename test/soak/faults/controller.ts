import { setTimeout as pause } from "node:timers/promises";
import { signalTree } from "../../e2e/kill-tree.ts";
import { moveClock } from "../clock.ts";
import type { Fault } from "../fault.ts";

/** The power goes off on the operator's machine. */
export const killController: Fault = {
  name: "controller killed (SIGKILL)",
  strike: async ({ controller }) => signalTree(controller.pid, "SIGKILL"),
};

/** Ctrl-C, a shutdown, a terminal that is closed. */
export const signalController: readonly Fault[] = (["SIGINT", "SIGTERM", "SIGHUP"] as const).map(
  (signal) => ({
    name: `controller got ${signal}`,
    strike: async ({ controller }) => signalTree(controller.pid, signal),
  }),
);

/** The controller's clock jumps, as by hand or by a time service that comes late, and jumps back. */
export const movedClock: Fault = {
  name: "controller's clock moved by an hour",
  strike: async ({ stage, random }) => {
    moveClock(stage.lab, random.pick(["+1h", "-1h"]));
    await pause(random.integer(5, 60) * 1000);
    moveClock(stage.lab, "+0");
  },
};

/** A laptop that falls asleep, mostly for longer than a link stays up without a word, and wakes again. */
export const sleepingController: Fault = {
  name: "controller asleep for up to four minutes (SIGSTOP)",
  strike: async ({ controller, random }) => {
    signalTree(controller.pid, "SIGSTOP");
    await pause(random.integer(5, 240) * 1000);
    signalTree(controller.pid, "SIGCONT");
  },
};
