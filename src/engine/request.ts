import type { Connect } from "../contract/connection.ts";
import type { ControlReader } from "../contract/control-reader.ts";
import type { Failure } from "../contract/errors.ts";
import type { Listener } from "../contract/events.ts";
import type { JsonObject } from "../contract/json.ts";
import type { ModuleRegistry } from "../contract/module.ts";
import type { Tally } from "../contract/outcome.ts";
import type { Prompter } from "../contract/prompter.ts";
import type { Wave } from "../contract/wave.ts";
import type { Inventory } from "../language/model/inventory.ts";
import type { Playbook } from "../language/model/playbook.ts";
import type { Keyring } from "../secrets/keyring.ts";
import type { MigrationState } from "./state.ts";

/** Who runs this controller; shown to a second operator who meets the lock. */
export interface Operator {
  readonly user: string;
  /** The effective one, which files are made with; undefined where the system has none. */
  readonly uid: number | undefined;
  readonly hostname: string;
  /** machine-id of the controller: tells whether a process id can be looked up here. */
  readonly machineId: string;
  readonly pid: number;
}

/** What to do when a stage with a rollback fails before `new-opened`. */
export type OnFailure = "retry" | "rollback" | "stop";

/**
 * Ansible's 5 comes from a time of one process for each fork. Here a host costs a channel and a little memory: what
 * bounds it is the keys' arithmetic of many handshakes at once.
 */
export const defaultForks = 25;

/** One run of one stage. Everything the engine needs is in here; it reads no globals. */
export interface RunRequest {
  readonly playbook: Playbook;
  readonly inventory: Inventory;
  readonly modules: ModuleRegistry;
  readonly connect: Connect;
  /** `.mailferry/<migration>`, absolute. Made with mode 0700. */
  readonly stateDirectory: string;
  readonly migration: string;
  /** `--domains`: only these move, with a state of their own. */
  readonly wave?: Wave | undefined;
  readonly stage: string;
  /** Runs the stage's rollback in place of its plays. */
  readonly rollback: boolean;
  readonly checkMode: boolean;
  /** `-e`: the highest level of variables, and literal. */
  readonly extraVariables: JsonObject;
  /** Reads the environment and the files of control for `lookup`. */
  readonly control?: ControlReader | undefined;
  /** `--limit`: a host pattern; plays run on the hosts that match both. */
  readonly limit?: string | undefined;
  readonly tags: readonly string[];
  /** `--skip-tags`: tasks with one of them don't run. */
  readonly skipTags?: readonly string[] | undefined;
  /** `--start-at-task`: the tasks before the first one of this name (a glob) are left out. */
  readonly startAtTask?: string | undefined;
  /** `--step`: asks the person before each task. */
  readonly step?: boolean | undefined;
  /** `--resume`: goes on at the first task that the stage's last run did not finish. */
  readonly resume?: boolean | undefined;
  /** `--max-downtime`, in seconds: a stage whose downtime may be longer is refused. */
  readonly maxDowntimeSeconds?: number | undefined;
  /** Tells what commands write while they run. */
  readonly showsOutput?: boolean | undefined;
  /** What opens encrypted files and values. */
  readonly keyring?: Keyring | undefined;
  /** Whether a text holds a secret that is known by now; such a text is kept nowhere. */
  readonly holdsSecret?: ((text: string) => boolean) | undefined;
  /** On how many hosts at once a task may run; `defaultForks` when it is not said. */
  readonly forks?: number | undefined;
  /** `--force-handlers`: as if every play said `force_handlers: true`. */
  readonly forceHandlers?: boolean | undefined;
  readonly prompter: Prompter;
  /** Told each value of an argument that its module calls secret, before the value is used. */
  readonly onSecret?: ((value: string) => void) | undefined;
  /** Reads the inventory's files anew (`meta: refresh_inventory`). */
  readonly reloadInventory?: (() => Promise<Inventory>) | undefined;
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

/** Where a stage failed: on a host, at a task unless the host could not even begin. */
export interface FailedAt {
  readonly host: string;
  readonly task?: string | undefined;
}

export interface RunResult {
  readonly result: "done" | "failed" | "interrupted";
  /** Every failure that ended a host's or the stage's work, in order. The first one's kind is the exit code. */
  readonly failures: readonly Failure[];
  /** Where the first of them was met. */
  readonly failedAt?: FailedAt | undefined;
  readonly tallies: Readonly<Record<string, Tally>>;
  /** Where the migration stands behind the run, by its journal; undefined of a check run, which is not in it. */
  readonly state?: MigrationState | undefined;
}
