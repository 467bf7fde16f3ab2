import type { CarriedRoot, Proof } from "../contract/change.ts";
import { Failure } from "../contract/errors.ts";
import type { LatchName } from "../contract/latch.ts";
import type { DowntimeEstimate } from "./downtime.ts";
import type { JournalEntry } from "./journal.ts";
import type { TaskTimes } from "./task-times.ts";

export interface StageState {
  /** The id of the run that began it last. */
  readonly run?: string | undefined;
  readonly startedAt?: string | undefined;
  /** The names of the variables of `-e` that it was begun with. */
  readonly extraVariables?: readonly string[] | undefined;
  readonly doneAt?: string | undefined;
  readonly failedAt?: string | undefined;
  readonly failure?: string | undefined;
  /** Where it failed: the task, and the host. */
  readonly failedTask?: string | undefined;
  readonly failedHost?: string | undefined;
  readonly rolledBackAt?: string | undefined;
}

/** A job that was started and not yet collected. */
export interface OpenJob {
  readonly host: string;
  readonly user?: string | undefined;
  readonly asyncTask?: string | undefined;
  readonly endsWithRun?: boolean | undefined;
}

/** What the journal comes to: where a migration stands. */
export interface MigrationState {
  readonly version: 1;
  readonly playbook?: string | undefined;
  readonly inventory?: string | undefined;
  /** The mail domains that move, where they move by themselves. */
  readonly domains?: readonly string[] | undefined;
  readonly stages: Readonly<Record<string, StageState>>;
  /** When each latch was set, ISO 8601. */
  readonly latches: Readonly<Partial<Record<LatchName, string>>>;
  /** What was proven of this attempt at a stage, behind the freeze. */
  readonly proofs?: readonly Proof[] | undefined;
  /** Whose mail was copied to new in this attempt at a stage. */
  readonly copied?: readonly CarriedRoot[] | undefined;
  /** Whose mail was brought back to old since new was frozen. */
  readonly merged?: readonly CarriedRoot[] | undefined;
  /** Jobs that were started and whose outcome was not yet collected: id by `task@host`. */
  readonly openJobs: Readonly<Record<string, string>>;
  /** What is known of the jobs among them: by whom they were started, and the name of the task where that is `async`. By id. */
  readonly jobs: Readonly<Record<string, OpenJob>>;
  /** Pairs of hosts between which data links may be open. */
  readonly openLinks: readonly { readonly source: string; readonly target: string }[];
  /** Handlers notified and not yet run: `handler id@host`. */
  readonly pendingHandlers: readonly string[];
  /** Seconds from old-frozen to new-serving, once both are known. */
  readonly downtimeSeconds?: number | undefined;
  /** What was said of it before. */
  readonly downtimeEstimate?: Pick<DowntimeEstimate, "aboutSeconds" | "atMostSeconds"> | undefined;
  /** How long tasks took the last time, where the playbook has a downtime to tell beforehand. */
  readonly taskTimes?: TaskTimes | undefined;
  /** The stage of a run that began and neither ended nor failed: the controller died. */
  readonly unfinishedStage?: string | undefined;
  /** The stage whose rollback began and did not come to its end. */
  readonly unfinishedRollback?: string | undefined;
}

const empty: MigrationState = {
  version: 1,
  stages: {},
  latches: {},
  openJobs: {},
  jobs: {},
  openLinks: [],
  pendingHandlers: [],
};

/** Replays a journal. Pure: the same entries always give the same state. */
export function deriveState(entries: Iterable<JournalEntry>): MigrationState {
  let state = empty;
  for (const entry of entries) state = advance(state, entry);
  return state;
}

/** The state after one more entry. */
export function advance(state: MigrationState, entry: JournalEntry): MigrationState {
  switch (entry.type) {
    case "stage-started":
      return {
        ...withStage(state, entry.stage, {
          ...state.stages[entry.stage],
          run: entry.run,
          startedAt: entry.at,
          extraVariables: entry.extraVariables,
          failedAt: undefined,
          failure: undefined,
          failedTask: undefined,
          failedHost: undefined,
          rolledBackAt: undefined,
        }),
        playbook: entry.playbook,
        inventory: entry.inventory,
        domains: entry.domains,
        unfinishedStage: entry.stage,
        unfinishedRollback: undefined,
        proofs: undefined,
        copied: entry.isResumed === true ? state.copied : undefined,
      };
    case "stage-done":
      return {
        ...withStage(withUndone(state, entry.undoes ?? [], entry.at), entry.stage, {
          ...begunAs(state, entry.stage),
          doneAt: entry.at,
        }),
        unfinishedStage: undefined,
      };
    case "stage-partial":
      return { ...state, unfinishedStage: undefined };
    case "stage-failed":
      return {
        ...withStage(state, entry.stage, {
          ...begunAs(state, entry.stage),
          failedAt: entry.at,
          failure: entry.message,
          failedTask: entry.task,
          failedHost: entry.host,
        }),
        unfinishedStage: undefined,
      };
    case "task-times":
      return { ...state, taskTimes: { ...state.taskTimes, ...entry.times } };
    case "downtime-estimated": {
      const { aboutSeconds, atMostSeconds } = entry;
      return { ...state, downtimeEstimate: { aboutSeconds, atMostSeconds } };
    }
    case "rollback-started":
      return { ...state, unfinishedStage: undefined, unfinishedRollback: entry.stage };
    case "rollback-done":
      return {
        ...withStage(state, entry.stage, { rolledBackAt: entry.at }),
        unfinishedRollback: undefined,
        pendingHandlers: [],
      };
    case "latch-set":
      return withDowntime({
        ...state,
        latches: { [entry.latch]: entry.since ?? entry.at, ...state.latches },
        // What was compared before a freeze proves nothing behind it.
        proofs: ["old-frozen", "new-frozen"].includes(entry.latch) ? undefined : state.proofs,
      });
    case "latch-lifted":
      return {
        ...withUndone(state, entry.undoes ?? [], entry.at),
        latches: without(state.latches, entry.latch),
        proofs: undefined,
        // It goes right before `new-opened`, for which what was merged has to be proven.
        merged: entry.latch === "new-serving" ? state.merged : undefined,
        // The next opening has a downtime of its own.
        downtimeSeconds: entry.latch === "new-opened" ? undefined : state.downtimeSeconds,
      };
    case "proof-passed":
      return { ...state, proofs: [...(state.proofs ?? []), proofIn(entry)] };
    case "mail-merged":
      return { ...state, merged: withRoot(state.merged, entry) };
    case "mail-copied":
      return { ...state, copied: withRoot(state.copied, entry) };
    case "job-started":
      return withJob(state, entry);
    case "job-collected":
      return {
        ...state,
        openJobs: without(state.openJobs, `${entry.task}@${entry.host}`),
        jobs: without(state.jobs, entry.job),
      };
    case "link-opened":
      return { ...state, openLinks: withLink(state.openLinks, entry) };
    case "links-closed":
      return {
        ...state,
        openLinks: state.openLinks.filter(
          (link) => link.source !== entry.source || link.target !== entry.target,
        ),
      };
    case "handler-notified":
      return {
        ...state,
        pendingHandlers: [...new Set([...state.pendingHandlers, `${entry.handler}@${entry.host}`])],
      };
    case "handler-done":
      return {
        ...state,
        pendingHandlers: state.pendingHandlers.filter((key) => key !== `${entry.handler}@${entry.host}`),
      };
    case "task-intent":
    case "task-outcome":
      return state;
    default:
      throw new Failure(
        "bad-input",
        `the journal holds an entry "${(entry as { type: string }).type}" of a newer version`,
        {
          next: "Use the version of Mailferry that began this migration.",
        },
      );
  }
}

function begunAs({ stages }: MigrationState, name: string): StageState {
  const { run, startedAt, extraVariables } = stages[name] ?? {};
  return { run, startedAt, extraVariables };
}

function proofIn({ oldHost, newHost, takenAt, isBack, root }: Proof): Proof {
  const ofRoot = root === undefined ? {} : { root };
  return { oldHost, newHost, takenAt, ...(isBack === true ? { isBack } : {}), ...ofRoot };
}

/** Several passes over one root are one. */
function withRoot(
  known: readonly CarriedRoot[] = [],
  { oldHost, newHost, root }: CarriedRoot,
): CarriedRoot[] {
  const isIt = (one: CarriedRoot) => one.oldHost === oldHost && one.newHost === newHost && one.root === root;
  return [...known.filter((one) => !isIt(one)), { oldHost, newHost, root }];
}

function withUndone(state: MigrationState, names: readonly string[], at: string): MigrationState {
  const begun = names.filter((name) => state.stages[name] !== undefined);
  const isUndone = (name: string | undefined) => name !== undefined && begun.includes(name);
  const { unfinishedStage, unfinishedRollback } = state;
  return {
    ...begun.reduce((undone, name) => withStage(undone, name, { rolledBackAt: at }), state),
    unfinishedStage: isUndone(unfinishedStage) ? undefined : unfinishedStage,
    unfinishedRollback: isUndone(unfinishedRollback) ? undefined : unfinishedRollback,
  };
}

function withStage(state: MigrationState, name: string, stage: StageState): MigrationState {
  return { ...state, stages: { ...state.stages, [name]: stage } };
}

function withDowntime(state: MigrationState): MigrationState {
  const from = state.latches["old-frozen"];
  const to = state.latches["new-serving"];
  if (from === undefined || to === undefined) return state;
  return { ...state, downtimeSeconds: (Date.parse(to) - Date.parse(from)) / 1000 };
}

function withJob(
  state: MigrationState,
  { task, host, job, user, asyncTask, endsWithRun }: Extract<JournalEntry, { type: "job-started" }>,
): MigrationState {
  return {
    ...state,
    openJobs: { ...state.openJobs, [`${task}@${host}`]: job },
    jobs: { ...state.jobs, [job]: { host, user, asyncTask, endsWithRun } },
  };
}

function withLink(
  links: MigrationState["openLinks"],
  { source, target }: { source: string; target: string },
): MigrationState["openLinks"] {
  const known = links.some((link) => link.source === source && link.target === target);
  return known ? links : [...links, { source, target }];
}

function without<T extends object>(record: T, key: string): T {
  const { [key as keyof T]: _gone, ...rest } = record;
  return rest as T;
}
