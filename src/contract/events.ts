import type { Place } from "./errors.ts";
import type { JsonObject } from "./json.ts";
import type { Outcome, Tally } from "./outcome.ts";
import type { Progress } from "./progress.ts";

/** Names one task at one place of the run. */
export interface TaskReference {
  readonly id: string;
  readonly name: string;
  readonly module: string;
  readonly role?: string | undefined;
  /** The way to it, outermost first: the play, roles, includes. */
  readonly chain?: readonly string[] | undefined;
  readonly place: Place;
  readonly noLog: boolean;
  /** The task's own word on whether changes of text files are shown; without it the command line's counts. */
  readonly diff?: boolean | undefined;
}

/** What the engine tells; reports listen. Everything a person or a program sees of a run is made from these. */
export type RunEvent =
  | {
      readonly type: "run-started";
      readonly runId: string;
      readonly migration: string;
      readonly stage: string;
      readonly description?: string | undefined;
      readonly checkMode: boolean;
      readonly resumed: boolean;
      /** Where the last run failed, when `--resume` goes on from a failure. */
      readonly failedAt?: { readonly host: string; readonly task?: string | undefined } | undefined;
      /** True when the stage's rollback runs in place of its plays. */
      readonly rollback?: boolean | undefined;
    }
  | { readonly type: "play-started"; readonly name: string; readonly hosts: readonly string[] }
  | { readonly type: "host-connected"; readonly host: string }
  | {
      readonly type: "host-failed";
      readonly host: string;
      readonly message: string;
      readonly next?: string | undefined;
    }
  | { readonly type: "task-started"; readonly task: TaskReference; readonly handler: boolean }
  | {
      readonly type: "task-progress";
      readonly task: TaskReference;
      readonly host: string;
      readonly progress: Progress;
    }
  /** What a command writes while it runs; shown, and kept nowhere. */
  | {
      readonly type: "task-output";
      readonly task: TaskReference;
      readonly host: string;
      readonly lines: readonly string[];
    }
  | {
      readonly type: "task-retry";
      readonly task: TaskReference;
      readonly host: string;
      readonly attempt: number;
      readonly retries: number;
    }
  | {
      readonly type: "task-finished";
      readonly task: TaskReference;
      readonly host: string;
      readonly item?: string | undefined;
      /** The host that it was delegated to. */
      readonly delegate?: string | undefined;
      readonly outcome: Outcome;
      /** Of a task that failed: its arguments as they were rendered, with secrets masked. */
      readonly args?: JsonObject | undefined;
      readonly durationMs: number;
    }
  | { readonly type: "notice"; readonly host?: string | undefined; readonly text: string }
  | { readonly type: "latch-set"; readonly latch: string; readonly at: string }
  | { readonly type: "latch-lifted"; readonly latch: string; readonly at: string }
  /** Before the confirmation of a stage that has a downtime. */
  | {
      readonly type: "downtime-estimate";
      readonly aboutSeconds: number;
      readonly atMostSeconds: number;
      /** Tasks that nobody timed yet and whose time can't be told: it is not known then. */
      readonly untimed: readonly string[];
    }
  | {
      readonly type: "downtime";
      readonly seconds: number;
      readonly from: string;
      readonly to: string;
      /** What was said of it before; missing where nothing could be said. */
      readonly estimate?: { readonly aboutSeconds: number; readonly atMostSeconds: number } | undefined;
    }
  | {
      readonly type: "run-finished";
      readonly runId: string;
      readonly stage: string;
      readonly result: "done" | "failed" | "interrupted";
      readonly tallies: Readonly<Record<string, Tally>>;
      readonly durationMs: number;
    };

/** Takes events. A listener that throws is a fault of the report and never of the run. */
export type Listener = (event: RunEvent) => void;
