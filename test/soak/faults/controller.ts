import { setTimeout as pause } from "node:timers/promises";
import { signalTree } from "../../e2e/kill-tree.ts";
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

/** A laptop that falls asleep, for longer than a link stays up without a word, and wakes again. */
export const sleepingController: Fault = {
  name: "controller asleep for up to a minute (SIGSTOP)",
  strike: async ({ controller, random }) => {
    signalTree(controller.pid, "SIGSTOP");
    await pause(random.integer(5, 60) * 1000);
    signalTree(controller.pid, "SIGCONT");
  },
};
