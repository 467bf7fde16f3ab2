import type { JsonObject } from "../contract/json.ts";
import {
  type DoneFile,
  type DoneHeading,
  type DoneLine,
  type ProgressLine,
  removeDone,
  writeDone,
} from "./done-tasks.ts";

/** The lines of a stage's progress, on the disk, and in memory as far as an earlier run's are still to be come to. */
export interface ProgressLines {
  /** Begins with these lines: what an earlier run had done, or none. */
  begin(heading: DoneHeading, before: readonly ProgressLine[]): void;
  add(line: ProgressLine): void;
  /** How an earlier run had a task end on a host. */
  find(task: string, time: number, host: string): DoneLine | undefined;
  /** What an earlier run had begun of a task that it did not finish on the host: rounds of its loop, jobs. */
  begun(task: string, time: number, host: string): DoneLine[];
  /** What was answered in an earlier run. */
  answers(play: string, time: number): JsonObject | undefined;
  /** The line counts for this run too. */
  confirm(line: DoneLine): void;
  /** Takes away the lines of an earlier run that were not confirmed: for one host, or for all. */
  dropEarlier(host: string | undefined): void;
  /** Closes the file and takes it away. */
  remove(): void;
  close(): void;
}

/** Opens the lines; `file` says where they lie, undefined keeps them nowhere. */
export function openLines(file: (() => string) | undefined): ProgressLines {
  let open: DoneFile | undefined;
  let heading: DoneHeading | undefined;
  /** All that would have to be written again, as long as there is something to leave out. */
  const lines = new Map<string, ProgressLine>();
  const answered = new Map<string, JsonObject>();
  /** The keys of an earlier run's lines that this run has not come to yet, by host. */
  const earlier = new Map<string, Set<string>>();

  function write(): void {
    if (file === undefined || heading === undefined) return;
    open?.close();
    open = writeDone(file(), heading, lines.values());
  }

  function cameTo(host: string, key: string): void {
    const keys = earlier.get(host);
    keys?.delete(key);
    if (keys?.size === 0) earlier.delete(host);
    if (earlier.size === 0) lines.clear();
  }

  return {
    begin(next, before) {
      heading = next;
      for (const map of [lines, answered, earlier]) map.clear();
      for (const line of before) {
        lines.set(keyOf(line), line);
        if ("play" in line) answered.set(keyOf(line), line.answers);
        else earlier.set(line.host, (earlier.get(line.host) ?? new Set()).add(keyOf(line)));
      }
      write();
    },
    add(line) {
      open?.add(line);
      if (earlier.size > 0) lines.set(keyOf(line), line);
      if (!("play" in line)) cameTo(line.host, keyOf(line));
    },
    find: (task, time, host) => lines.get(keyOf({ task, time, host })) as DoneLine | undefined,
    begun: (task, time, host) =>
      [...(earlier.get(host) ?? [])]
        .map((key) => lines.get(key) as DoneLine)
        .filter((line) => line.task === task && line.time === time),
    answers: (play, time) => answered.get(keyOf({ play, time })),
    confirm: (line) => cameTo(line.host, keyOf(line)),
    dropEarlier(host) {
      const hosts = host === undefined ? [...earlier.keys()] : [host];
      const stale = hosts.flatMap((name) => [...(earlier.get(name) ?? [])]);
      for (const name of hosts) earlier.delete(name);
      for (const key of stale) lines.delete(key);
      // What lies behind must not count as done if this run is broken off too.
      if (stale.length > 0) write();
      if (earlier.size === 0) lines.clear();
    },
    remove() {
      this.close();
      if (file !== undefined) removeDone(file());
    },
    close() {
      open?.close();
      open = undefined;
    },
  };
}

type Key =
  | Pick<DoneLine, "task" | "time" | "host" | "round">
  | { readonly play: string; readonly time: number };

function keyOf(line: Key): string {
  if ("play" in line) return `${line.play}?${line.time}`;
  const round = line.round === undefined ? "" : `[${line.round}]`;
  return `${line.task}#${line.time}${round}@${line.host}`;
}
