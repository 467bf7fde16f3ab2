import { tasksIn } from "../language/checks/known-names.ts";
import type { Stage } from "../language/model/playbook.ts";
import type { Task } from "../language/model/task.ts";
import { labelOf } from "./task-events.ts";
import type { TaskTime, TaskTimes } from "./task-times.ts";

/** How long a downtime will be, in seconds. */
export interface DowntimeEstimate {
  readonly aboutSeconds: number;
  /** With each step twice as long, and every wait as long as the playbook lets it be. A step that fails may take longer. */
  readonly atMostSeconds: number;
  /** Tasks whose time goes by how much there is, and that no run has timed: what they take comes on top. */
  readonly untimed: readonly string[];
}

/**
 * What a stage's downtime comes to: the tasks from the one that marks old as frozen to the one that marks new as serving.
 * Each counts as long as it took the last time, in whichever stage; one that never ran as its like in the same
 * role did, or as such a task usually does. Undefined for a stage without such marks.
 */
export function estimateDowntime(stage: Stage, times: TaskTimes): DowntimeEstimate | undefined {
  const tasks = tasksOfDowntime(stage);
  if (tasks === undefined) return undefined;
  const seconds = tasks.map((task) => secondsOf(task, times));
  const aboutSeconds = seconds.reduce<number>((sum, one) => sum + (one ?? 0), 0);
  const waitSeconds = tasks.reduce((sum, task) => sum + longestWait(task), 0);
  return {
    aboutSeconds: Math.round(aboutSeconds),
    atMostSeconds: Math.ceil(2 * aboutSeconds + waitSeconds),
    untimed: tasks.filter((_task, index) => seconds[index] === undefined).map(labelOf),
  };
}

function tasksOfDowntime({ plays }: Stage): readonly Task[] | undefined {
  const tasks = plays.flatMap((play) => play.tasks.flatMap(tasksIn));
  const frozen = tasks.findIndex((task) => marks(task, "old-frozen"));
  const serving = tasks.findIndex((task) => marks(task, "new-serving"));
  return frozen === -1 || serving < frozen ? undefined : tasks.slice(frozen, serving + 1);
}

function marks({ module, args: { values } }: Task, latch: string): boolean {
  return module === "latch" && values.name === latch && (values.state ?? "set") === "set";
}

function secondsOf(task: Task, times: TaskTimes): number | undefined {
  const last = times[labelOf(task)]?.seconds;
  if (last !== undefined) return last;
  const like = goesByAmount[task.module];
  if (like === undefined) return usualSeconds[task.module] ?? usualSecondsOfOthers;
  const those = Object.values(times).filter(
    ({ module, role }: TaskTime) => like.includes(module) && role === task.role?.name,
  );
  if (those.length > 0) return Math.max(...those.map(({ seconds }) => seconds));
  return isSmall(task) ? usualSecondsOfSmallPull : undefined;
}

/** Keys, certificates and a queue are pulled in a moment; mailboxes are not. */
function isSmall({ module, args: { values } }: Task): boolean {
  return module === "rsync_pull" && values.maildir !== true;
}

/** Modules whose time goes by how much mail or data there is, and those that tell how long they will take. */
const goesByAmount: Readonly<Record<string, readonly string[]>> = {
  dsync_import: ["dsync_import"],
  imap_copy: ["imap_copy"],
  // It lists what the copy has listed.
  imap_copy_proof: ["imap_copy_proof", "imap_copy"],
  imap_proof: ["imap_proof"],
  mail_ledger: ["mail_ledger"],
  // It reads what the ledgers have listed.
  mail_proof: ["mail_proof", "mail_ledger"],
  mariadb_copy: ["mariadb_copy"],
  postgresql_copy: ["postgresql_copy"],
  redis_copy: ["redis_copy"],
  rsync_pull: ["rsync_pull"],
  sqlite_copy: ["sqlite_copy"],
};

/** Measured in the lab, with all items of a loop: services that stop and start, a Postfix that reloads. */
const usualSeconds: Readonly<Record<string, number>> = {
  postconf: 1,
  postqueue: 1,
  service: 2,
  wait_for: 1,
};
const usualSecondsOfOthers = 0.2;
const usualSecondsOfSmallPull = 2;

/** How long a task may wait for what it wants to see. */
function longestWait({ until, retries = 3, delay = 5 }: Task): number {
  if (until === undefined || typeof retries !== "number" || typeof delay !== "number") return 0;
  return retries * delay;
}
