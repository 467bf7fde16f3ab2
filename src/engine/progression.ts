import type { Failure } from "../contract/errors.ts";
import type { Outcome, OutcomeStatus, Tally } from "../contract/outcome.ts";

/** How the plays of a run went so far. */
export interface Progression {
  readonly tallies: Record<string, Tally>;
  /** How many tasks were not skipped on a host, those that a resumed run passed over too. */
  readonly worked: Record<string, number>;
  /** What took hosts out, in order. One failure may have taken out several. */
  falls: readonly HostFall[];
  /** Hosts that no later play may count on. `meta: clear_host_errors` takes them back. */
  readonly lost: Set<string>;
}

/** A host that a failure took out. */
export interface HostFall {
  readonly host: string;
  readonly failure: Failure;
  /** The task, where it was one: "role: name". */
  readonly task?: string | undefined;
}

/** The start of a run. */
export function startProgression(): Progression {
  return { tallies: {}, worked: {}, falls: [], lost: new Set() };
}

/** Every failure that took a host out, once, in order. */
export function failuresOf({ falls }: Progression): readonly Failure[] {
  return [...new Set(falls.map(({ failure }) => failure))];
}

/** Where the first failure was met. */
export function firstFallOf({ falls: [first] }: Progression): Omit<HostFall, "failure"> | undefined {
  return first && { host: first.host, task: first.task };
}

/** Counts one outcome for the summary. */
export function count(progression: Progression, host: string, outcome: Outcome): void {
  const tally = tallyOf(progression, host);
  noteWork(progression, host, outcome.status);
  if ("ignored" in outcome && outcome.ignored) tally.ignored++;
  else tally[outcome.status]++;
}

/** Notes that a task came to its end on a host, in this run or in the one that it resumes. */
export function noteWork({ worked }: Progression, host: string, status: OutcomeStatus): void {
  if (status !== "skipped") worked[host] = (worked[host] ?? 0) + 1;
}

/** The counts of a host, begun when it is first asked for. */
export function tallyOf(progression: Progression, host: string): Tally {
  const known = progression.tallies[host];
  if (known !== undefined) return known;
  const fresh: Tally = {
    ok: 0,
    changed: 0,
    skipped: 0,
    failed: 0,
    unreachable: 0,
    unknown: 0,
    rescued: 0,
    ignored: 0,
  };
  progression.tallies[host] = fresh;
  return fresh;
}
