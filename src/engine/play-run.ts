import type { Failure } from "../contract/errors.ts";
import type { JsonObject } from "../contract/json.ts";
import type { Outcome } from "../contract/outcome.ts";
import type { Block, Meta, Task } from "../language/model/task.ts";
import type { PlayLevels } from "./host-variables.ts";
import type { Progression } from "./progression.ts";
import type { RunScope } from "./scope.ts";
import type { SettledPlay } from "./settle-play.ts";
import type { Slots } from "./slots.ts";
import type { Turn } from "./stage-progress.ts";

/** One batch of a play that is under way. */
export interface PlayRun {
  readonly scope: RunScope;
  readonly play: SettledPlay;
  readonly progression: Progression;
  /** The hosts of the batch, in the play's order. */
  readonly hosts: readonly string[];
  /** As many places as hosts may be at work at once (--forks). */
  readonly slots: Slots;
  /** The play's handlers, and those of roles that were only known during the run. */
  readonly handlers: Task[];
  /** The hosts that went through a use of a role, by its `onceKey`. */
  readonly rolesDone: Map<string, Set<string>>;
  /** The places of tasks with `throttle`, by the task's id. */
  readonly throttles: Map<string, Slots>;
  /** All hosts of the play, those of other batches and those that an earlier play lost too. */
  readonly playHosts: readonly string[];
  /** The answers to `vars_prompt`. */
  readonly prompted: JsonObject;
  /** What `vars_files` hold for each host. */
  readonly fileVars: Map<string, readonly JsonObject[]>;
  /** The hosts of the batch that failed for good. */
  readonly failed: Set<string>;
  /** Those of them that `meta: clear_host_errors` took back for the plays that follow. */
  readonly forgiven: Set<string>;
  /** Those of the forgiven whose failure does not count any more. */
  readonly cleared: Set<string>;
  /** What the batch itself notified, as "handler@host": nothing of it was pending before. */
  readonly notified: Set<string>;
  /** The hosts of the batch that are still in it, as long as no other failed. */
  present?: { readonly failed: number; readonly hosts: readonly string[] } | undefined;
  /** Why the whole batch has to stop; each host that goes through the play on its own stops before its next task. */
  stop?: Departure | undefined;
}

/** Why a host takes no further part in a list of tasks. */
export type Departure = Fall | Ended;

/** It failed. */
export interface Fall {
  readonly how: "failed";
  readonly task: Task | Meta | Block;
  readonly outcome: Outcome;
  readonly failure: Failure;
  /** True when a handler failed: no other handler runs on the host then. */
  readonly isHandler: boolean;
  /** True when no other host of the batch may go on either. */
  readonly fatal: boolean;
  /** The turn of the task, where the failure is on record for a rescue. */
  readonly turn?: Turn | undefined;
}

/** A `meta` task ended the play for it; that is no failure. */
export interface Ended {
  readonly how: "ended";
  readonly until: "host" | "batch" | "play";
}

/** The hosts that left, each with its reason. */
export type Departures = Map<string, Departure>;

/** Whether the reason is one for all hosts of the batch. */
export function stopsAll(departure: Departure): boolean {
  return departure.how === "failed" ? departure.fatal : departure.until !== "host";
}

/** The play's variables as a host has them. */
export function levelsFor(run: PlayRun, host: string): PlayLevels {
  const { play, prompted, fileVars } = run;
  const { vars, publicRoles } = play;
  return { vars, publicRoles, prompted, fileVars: fileVars.get(host), playHosts: presentHosts(run) };
}

/** Each task asks for each host: with a thousand of them the list is made anew only when one has failed. */
function presentHosts(run: PlayRun): readonly string[] {
  const { hosts, failed } = run;
  if (run.present?.failed !== failed.size) {
    run.present = { failed: failed.size, hosts: hosts.filter((name) => !failed.has(name)) };
  }
  return run.present.hosts;
}

/** Those that are still there. */
export function remaining(hosts: ReadonlySet<string>, gone: ReadonlyMap<string, unknown>): Set<string> {
  return new Set([...hosts].filter((host) => !gone.has(host)));
}
