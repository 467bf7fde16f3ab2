import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Failure } from "../contract/errors.ts";
import { findLeader, inHost } from "./enter-host.ts";
import { hostDirectory } from "./host-process.ts";
import { type LabRole, labHosts } from "./lab-hosts.ts";
import type { LabState } from "./state.ts";

/** How long a host may take to boot, in milliseconds; a busy machine is slow. */
const bootTimeoutMs = 180_000;

const failedUnits = "failed units: ";

/** Waits until all of the host's services run and its ports are open. `exceptLeader` is a first process that is on its way out. */
export async function waitForBoot(
  state: LabState,
  role: LabRole,
  options: { readonly exceptLeader?: number | undefined; readonly signal?: AbortSignal | undefined } = {},
): Promise<void> {
  const deadline = Date.now() + bootTimeoutMs;
  let seen = "it has no first process";
  while (Date.now() < deadline) {
    const leader = await findLeader(state, role);
    if (leader !== undefined && leader !== options.exceptLeader) {
      const problem = await whatIsMissing(state, role);
      if (problem === undefined) return;
      seen = problem;
      if (seen.startsWith(failedUnits)) break;
    }
    await pause(150, undefined, options.signal === undefined ? {} : { signal: options.signal });
  }
  throw new Failure("task-failed", `the lab's host ${role} does not come up: ${seen}`, {
    next: `see ${join(hostDirectory(state, role), "console.log")}`,
  });
}

/** What the host still lacks to be up, as a phrase; undefined when it is up. */
export async function whatIsMissing(state: LabState, role: LabRole): Promise<string | undefined> {
  const system = await inHost(state, role, ["systemctl", "is-system-running", "--wait"], { accept: "any" });
  const word = system.stdout.toString("utf8").trim();
  if (word === "degraded") {
    const units = await inHost(state, role, ["systemctl", "--failed", "--plain", "--no-legend"], {
      accept: "any",
    });
    return `${failedUnits}${units.stdout.toString("utf8").trim().replaceAll("\n", "; ")}`;
  }
  if (word !== "running") return `the system is ${word === "" ? "not answering" : word}`;
  return whatIsIdle(state, role);
}

/** Compares what runs and listens with what the role says, as a phrase about the difference. */
async function whatIsIdle(state: LabState, role: LabRole): Promise<string | undefined> {
  const { units, ports } = labHosts[role];
  const active = await inHost(state, role, ["systemctl", "is-active", ...units], { accept: "any" });
  const words = active.stdout.toString("utf8").split("\n");
  const idle = units.filter((_, index) => words[index] !== "active");
  if (idle.length > 0) return `units not active: ${idle.join(", ")}`;
  const listening = (await inHost(state, role, ["ss", "-Hltn"])).stdout.toString("utf8");
  const closed = ports.filter((port) => !new RegExp(`:${port}\\s`).test(listening));
  return closed.length === 0 ? undefined : `ports not open: ${closed.join(", ")}`;
}
