import type { TextDiff } from "./change.ts";
import type { JsonObject } from "./json.ts";

/** A spot in a file that a person wrote. Line and column count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** One thing that is wrong with what a person wrote: where, what, and the way out. */
export interface Problem {
  readonly message: string;
  readonly place?: Place | undefined;
  /** The way that leads to the place when it is in a role or an include, outermost first: play, role, task. */
  readonly chain?: readonly string[] | undefined;
  /** What to write or do instead. */
  readonly hint?: string | undefined;
  /** `warning` is shown and does not stop the run. */
  readonly severity?: "error" | "warning" | undefined;
}

/** How a failure ends the process. `exitCodes` maps each to its number. */
export type FailureKind =
  | "task-failed"
  | "bad-input"
  | "unreachable"
  | "refused"
  | "proof-failed"
  | "interrupted";

/** The one table of exit codes. 0 is a run that is done. */
export const exitCodes: Readonly<Record<FailureKind, number>> = {
  "task-failed": 1,
  "bad-input": 2,
  unreachable: 3,
  refused: 4,
  "proof-failed": 5,
  interrupted: 130,
};

/** What each exit code means, for the reference. */
export const exitMeanings: Readonly<Record<FailureKind | "done", string>> = {
  done: "The stage, or whatever was asked for, is done.",
  "task-failed": "A task failed on a host, or Mailferry has a fault itself (it says so).",
  "bad-input": "The command line or a file can't be used as it is. Nothing was touched.",
  unreachable: "A host could not be reached, or the link to it was lost and nobody knows how a task ended.",
  refused: "A latch, a lock, a gate or a person said no. Nothing was changed by what was refused.",
  "proof-failed": "The mail of the old server and that of the new one are not the same.",
  interrupted: "It was interrupted. Running the stage again goes on from there.",
};

export interface FailureFacts {
  /** The host that the failure is about. */
  readonly host?: string | undefined;
  readonly place?: Place | undefined;
  /** What the person should do next, as a sentence or a command. */
  readonly next?: string | undefined;
  readonly cause?: unknown;
  /** Texts that are not what they should be, to be shown. */
  readonly diffs?: readonly TextDiff[] | undefined;
  /** What `register` keeps of the failure beside `msg`, for `until` and for the tasks that follow. */
  readonly result?: JsonObject | undefined;
}

/** An expected failure: what went wrong, where, and what to do next. Anything else that is thrown is a fault of ours. */
export class Failure extends Error {
  override readonly name: string = "Failure";
  readonly kind: FailureKind;
  readonly host: string | undefined;
  readonly place: Place | undefined;
  readonly next: string | undefined;
  readonly result: JsonObject | undefined;
  readonly diffs: readonly TextDiff[] | undefined;

  constructor(kind: FailureKind, message: string, facts: FailureFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.kind = kind;
    this.host = facts.host;
    this.place = facts.place;
    this.next = facts.next;
    this.result = facts.result;
    this.diffs = facts.diffs;
  }
}

/** Files that can't be used as they are. Carries every problem found, not the first alone. */
export class BadInput extends Failure {
  override readonly name = "BadInput";
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super("bad-input", problems.map((problem) => problem.message).join("\n"), {
      place: problems[0]?.place,
      next: problems[0]?.hint,
    });
    this.problems = problems;
  }
}

/** A gate, latch or lock says no. Nothing was changed. */
export class Refused extends Failure {
  override readonly name = "Refused";

  constructor(message: string, facts: FailureFacts = {}) {
    super("refused", message, facts);
  }
}

/** No connection to a host could be made, for a named cause. */
export class Unreachable extends Failure {
  override readonly name: string = "Unreachable";

  constructor(message: string, facts: FailureFacts = {}) {
    super("unreachable", message, facts);
  }
}

/**
 * The link went away while a command ran: whether it ran to its end is unknown.
 * Never to be read as success or as failure; the state on the host has to be probed.
 */
export class OutcomeUnknown extends Failure {
  override readonly name = "OutcomeUnknown";

  constructor(message: string, facts: FailureFacts = {}) {
    super("unreachable", message, facts);
  }
}

/** A command ended with an exit code that its caller does not take for success. */
export class CommandFailed extends Failure {
  override readonly name = "CommandFailed";
  readonly argv: readonly string[];
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;

  constructor(
    argv: readonly string[],
    result: { readonly exitCode: number; readonly stdout: Buffer; readonly stderr: Buffer },
    facts: FailureFacts = {},
  ) {
    const stderr = result.stderr.toString("utf8").trimEnd();
    const told = stderr === "" ? "" : `: ${lastLines(stderr, 3)}`;
    super("task-failed", `${argv[0] ?? "command"} ended with exit code ${result.exitCode}${told}`, facts);
    this.argv = argv;
    this.exitCode = result.exitCode;
    this.stdout = result.stdout.toString("utf8");
    this.stderr = stderr;
  }
}

function lastLines(text: string, count: number): string {
  return text.split("\n").slice(-count).join("\n");
}
