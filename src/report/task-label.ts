import type { TaskReference } from "../contract/events.ts";

/** What a task is called on screen: "maildir: Copy the mailboxes". */
export function taskLabel(task: TaskReference, item?: string | undefined): string {
  const name = task.role === undefined ? task.name : `${task.role}: ${task.name}`;
  return item === undefined || task.noLog ? name : `${name} (${item})`;
}

/** What a module is doing, for "Still copying… [01m10s]". */
export function gerundOf(module: string): string {
  for (const [part, gerund] of Object.entries(gerunds)) if (module.includes(part)) return gerund;
  return "working";
}

const gerunds = {
  rsync: "copying",
  copy: "copying",
  ledger: "counting",
  proof: "comparing",
  wait: "waiting",
  pause: "waiting",
  probe: "probing",
  apt: "installing",
};
