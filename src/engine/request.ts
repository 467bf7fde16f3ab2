import type { Connect } from "../contract/connection.ts";
import type { Failure } from "../contract/errors.ts";
import type { Listener } from "../contract/events.ts";
import type { JsonObject } from "../contract/json.ts";
import type { ModuleRegistry } from "../contract/module.ts";
import type { Tally } from "../contract/outcome.ts";
import type { Prompter } from "../contract/prompter.ts";
import type { Inventory, Playbook } from "../language/model.ts";

/** Who runs this controller; shown to a second operator who meets the lock. */
export interface Operator {
  readonly user: string;
  readonly hostname: string;
  /** machine-id of the controller: tells whether a process id can be looked up here. */
  readonly machineId: string;
  readonly pid: number;
}

/** What to do when a stage with a rollback fails before `new-opened`. */
export type OnFailure = "retry" | "rollback" | "stop";

/** One run of one stage. Everything the engine needs is in here; it reads no globals. */
export interface RunRequest {
  readonly playbook: Playbook;
  readonly inventory: Inventory;
  readonly modules: ModuleRegistry;
  readonly connect: Connect;
  /** `.mailferry/<migration>`, absolute. Made with mode 0700. */
  readonly stateDirectory: string;
  readonly migration: string;
  readonly stage: string;
  /** Runs the stage's rollback in place of its plays. */
  readonly rollback: boolean;
  readonly checkMode: boolean;
  /** `-e`: the highest level of variables, and literal. */
  readonly extraVariables: JsonObject;
  /** `--limit`: a host pattern; plays run on the hosts that match both. */
  readonly limit?: string | undefined;
  readonly tags: readonly string[];
  readonly prompter: Prompter;
  /** The answer to a failure; undefined asks the person. */
  readonly onFailure?: OnFailure | undefined;
  readonly operator: Operator;
  /** Takes over a lock that somebody else holds. */
  readonly breakLock: boolean;
  readonly listeners: readonly Listener[];
  /** Aborted: stop as soon as the task under way is done. */
  readonly stopping: AbortSignal;
  /** Aborted: stop at once; jobs on the hosts go on. */
  readonly signal: AbortSignal;
}

export interface RunResult {
  readonly result: "done" | "failed" | "interrupted";
  /** Every failure that ended a host's or the stage's work, in order. The first one's kind is the exit code. */
  readonly failures: readonly Failure[];
  readonly tallies: Readonly<Record<string, Tally>>;
}
