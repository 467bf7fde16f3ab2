import type { Outcome } from "../contract/outcome.ts";
import type { Task } from "../language/model/task.ts";
import { labelOf } from "./task-events.ts";

/** How long a task took the last time, on the host that took longest. */
export interface TaskTime {
  readonly module: string;
  readonly role?: string | undefined;
  readonly seconds: number;
}

/** By what tasks are called: the same task of a role is known again in another stage. */
export type TaskTimes = Readonly<Record<string, TaskTime>>;

/** Takes the time of the tasks of one run. */
export interface TaskClock {
  /** Starts the clock of a task; what is given back stops it, with how it ended on its hosts. */
  start(task: Task): (outcomes: readonly Outcome[]) => void;
  times(): TaskTimes;
}

export function openTaskClock(now: () => Date): TaskClock {
  const times: Record<string, TaskTime> = {};
  return {
    start(task) {
      const startedAt = now().getTime();
      return (outcomes) => {
        if (!outcomes.every(tellsOfNextTime)) return;
        const { module, role } = task;
        const seconds = (now().getTime() - startedAt) / 1000;
        times[labelOf(task)] = { module, ...(role === undefined ? {} : { role: role.name }), seconds };
      };
    },
    times: () => times,
  };
}

/** A failure comes early or late; the first pass over a directory brings all that is there (`first` of rsync_pull). */
function tellsOfNextTime({ status, result }: Outcome): boolean {
  return ["ok", "changed", "skipped"].includes(status) && result.first !== true;
}
