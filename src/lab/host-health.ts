import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Failure } from "../contract/errors.ts";
import { findLeader, inHost } from "./enter-host.ts";
import { hostDirectory } from "./host-process.ts";
import type { LabRole } from "./lab-hosts.ts";
import type { LabImage } from "./lab-image.ts";
import { imagesOf } from "./scenarios/scenarios.ts";
import type { LabState } from "./state.ts";

/** How long a host may take to boot, in milliseconds; a busy machine is slow. */
const bootTimeoutMs = 180_000;

const failedUnits = "failed units: ";

/** What runs and listens on a host: systemd units and TCP ports. */
export type Services = Pick<LabImage, "units" | "ports">;

export interface BootOptions {
  /** What has to be there; all that the host's image says otherwise. */
  readonly services?: Services | undefined;
  /** A first process that is on its way out. */
  readonly exceptLeader?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Waits until the host has booted, its services run and its ports are open. */
export async function waitForBoot(state: LabState, role: LabRole, options: BootOptions = {}): Promise<void> {
  const deadline = Date.now() + bootTimeoutMs;
  let seen = "it has no first process";
  while (Date.now() < deadline) {
    const leader = await findLeader(state, role);
    if (leader !== undefined && leader !== options.exceptLeader) {
      const problem = await whatIsMissing(state, role, options.services);
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
export async function whatIsMissing(
  state: LabState,
  role: LabRole,
  services: Services = imagesOf(state.scenario)[role],
): Promise<string | undefined> {
  const system = await inHost(state, role, ["systemctl", "is-system-running", "--wait"], { accept: "any" });
  const word = system.stdout.toString("utf8").trim();
  if (word === "degraded") {
    const units = await inHost(state, role, ["systemctl", "--failed", "--plain", "--no-legend"], {
      accept: "any",
    });
    return `${failedUnits}${units.stdout.toString("utf8").trim().replaceAll("\n", "; ")}`;
  }
  if (word !== "running") return `the system is ${word === "" ? "not answering" : word}`;
  const running = await whatRuns(state, role);
  const idle = services.units.filter((unit) => !running.units.includes(unit));
  if (idle.length > 0) return `units not active: ${idle.join(", ")}`;
  const closed = services.ports.filter((port) => !running.ports.includes(port));
  return closed.length === 0 ? undefined : `ports not open: ${closed.join(", ")}`;
}

/** Which of the image's units are active, and which of its ports open: on a frozen host some are not. */
export async function whatRuns(state: LabState, role: LabRole): Promise<Services> {
  const { units, ports } = imagesOf(state.scenario)[role];
  const active = await inHost(state, role, ["systemctl", "is-active", ...units], { accept: "any" });
  const words = active.stdout.toString("utf8").split("\n");
  const listening = (await inHost(state, role, ["ss", "-Hltn"])).stdout.toString("utf8");
  return {
    units: units.filter((_, index) => words[index] === "active"),
    ports: ports.filter((port) => new RegExp(`:${port}\\s`).test(listening)),
  };
}
