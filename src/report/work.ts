import type { RunEvent, TaskReference } from "../contract/events.ts";
import type { Progress } from "../contract/progress.ts";
import { type FirstSeen, withEstimate } from "./estimate.ts";
import { formatClock, formatProgress } from "./format.ts";
import type { Line } from "./line.ts";
import { gerundOf, taskLabel } from "./task-label.ts";

/** Long work is heard of this often. */
export const beatMs = 30_000;

/** Knows the task under way, since when it runs, and how far it has come on each host. */
export interface Work {
  observe(event: RunEvent, now: number): void;
  readonly task: TaskReference | undefined;
  /** The task, or what goes on between tasks; undefined when nothing does. */
  readonly label: string | undefined;
  readonly startedAt: number;
  readonly progress: ReadonlyMap<string, Progress>;
  /** "Still copying… [01m10s]", when the task under way has taken a while. */
  beatLines(now: number): Line[];
}

/** Follows a run's events to the task under way. */
export function trackWork(): Work {
  let task: TaskReference | undefined;
  let betweenTasks: string | undefined;
  let startedAt = 0;
  const progress = new Map<string, Progress>();
  const firstSeen = new Map<string, FirstSeen>();
  return {
    get task() {
      return task;
    },
    get label() {
      return task === undefined ? betweenTasks : taskLabel(task);
    },
    get startedAt() {
      return startedAt;
    },
    progress,
    observe(event, now) {
      if (event.type === "task-started") {
        [task, startedAt] = [event.task, now];
        progress.clear();
        firstSeen.clear();
      }
      if (event.type === "task-progress") {
        const first = firstSeen.get(event.host) ?? { at: now, progress: event.progress };
        firstSeen.set(event.host, first);
        progress.set(event.host, withEstimate(event.progress, first, now));
      }
      if (event.type === "task-finished") {
        progress.delete(event.host);
        firstSeen.delete(event.host);
      }
      if (event.type === "run-started" || event.type === "play-started") {
        [task, betweenTasks, startedAt] = [undefined, "Connecting", now];
      }
      if (event.type === "run-finished") [task, betweenTasks] = [undefined, undefined];
    },
    beatLines(now) {
      if (task === undefined || now - startedAt < beatMs) return [];
      const still = `Still ${gerundOf(task.module)}… [${formatClock(now - startedAt)}]`;
      const hosts = [...progress].map(([host, done]) => `${host}: ${progressText(done)}`);
      const texts = hosts.length === 0 ? [taskLabel(task)] : hosts;
      return texts.map((text) => ({ tone: "faint", text: `${still} ${text}`, hangingIndent: 2 }));
    },
  };
}

/** A progress in one line, its own words first. */
export function progressText(progress: Progress): string {
  return [progress.text, formatProgress(progress)]
    .filter((part) => part !== undefined && part !== "")
    .join(", ");
}
