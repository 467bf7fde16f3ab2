import { median } from "../common/measure.ts";
import { type Figure, type Results, type WorkId, works } from "./figures.ts";

/** A bar: how Mailferry's time for a work has to stand to a peer's. */
interface Bar {
  readonly work: WorkId;
  readonly peer: string;
  /** `faster`: the peer's time by Mailferry's, at least. `within`: Mailferry's by the peer's, at most. */
  readonly kind: "faster" | "within";
  readonly times: number;
  /** Who is measured; Mailferry itself when not given. */
  readonly own?: string;
}

const bars: readonly Bar[] = [
  { work: "first", peer: "tar | ssh | tar", kind: "within", times: 1.15 },
  { work: "first", peer: "rsync", kind: "faster", times: 1.3 },
  { work: "changed", peer: "rsync", kind: "faster", times: 4 },
  { work: "changed-far", peer: "rsync", kind: "faster", times: 10 },
  { work: "unchanged", peer: "rsync", kind: "faster", times: 5 },
  { work: "unchanged-far", peer: "rsync", kind: "faster", times: 12 },
  {
    work: "folders",
    peer: "Mailferry",
    kind: "within",
    times: 1.5,
    own: "Mailferry, ten times the messages",
  },
  { work: "proof", peer: "find | sort, twice, and cmp", kind: "within", times: 1.3 },
  { work: "hashes", peer: "sha256sum under xargs -P", kind: "within", times: 1.1 },
];

/** What the controller may take for the ledgers of ten million messages: 200 MB, in MiB. */
const memoryBar = 190;

/** A line for each bar: the work, what is wanted, and what was measured, by the tasks and by the whole command. */
export function reachLines({ figures }: Results): string[][] {
  const times = bars.flatMap((bar) => {
    const find = (peer: string): Figure | undefined =>
      figures.find((figure) => figure.work === bar.work && figure.peer === peer);
    const own = find(bar.own ?? "Mailferry");
    const other = find(bar.peer);
    return own === undefined || other === undefined ? [] : [line(bar, own, other)];
  });
  const ledgers = figures.find(({ work }) => work === "ledgers");
  return ledgers === undefined ? times : [...times, memoryLine(ledgers)];
}

function memoryLine({ work, readings }: Figure): string[] {
  const most = Math.max(...readings.map(({ memoryMebibytes }) => memoryMebibytes));
  const isReached = most < memoryBar;
  const shownMost = `${Math.round(most)} MiB`;
  return [titleOf(work), "controller below 200 MB", "", shownMost, isReached ? "reached" : "**not reached**"];
}

function titleOf(work: WorkId): string {
  return works.find(({ id }) => id === work)?.title ?? work;
}

function line({ work, peer, kind, times }: Bar, own: Figure, other: Figure): string[] {
  const ratio = (mine: number, theirs: number): number => (kind === "faster" ? theirs / mine : mine / theirs);
  const byTasks = ratio(tasksTime(own), tasksTime(other));
  const byCommand = ratio(wallTime(own), wallTime(other));
  const wanted = kind === "faster" ? `${times} × faster than ${peer}` : `within ${times} × ${peer}`;
  const isReached = kind === "faster" ? byTasks >= times : byTasks <= times;
  return [titleOf(work), wanted, shown(byTasks), shown(byCommand), isReached ? "reached" : "**not reached**"];
}

function shown(ratio: number): string {
  return `${ratio.toFixed(2)} ×`;
}

/** The middle of the rounds, in seconds. */
export function wallTime({ readings }: Figure): number {
  return median(readings.map(({ wallSeconds }) => wallSeconds));
}

/** The same of the tasks alone, where they are told; a peer's command is one task. */
export function tasksTime({ readings }: Figure): number {
  return median(readings.map(({ taskSeconds, wallSeconds }) => taskSeconds ?? wallSeconds));
}
