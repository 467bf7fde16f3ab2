import type { JournalEntry } from "./journal.ts";

/** Changes that an earlier run began and of which nobody knows whether they were made: what they were, by task and host. */
export type OpenIntents = Map<string, string>;

/**
 * The intents without an outcome that the stage's broken-off run left behind. A check that then finds nothing to do
 * says that the change was made, and its handlers are still to be called.
 */
export function openIntents(entries: Iterable<JournalEntry>): OpenIntents {
  const open: OpenIntents = new Map();
  let unfinished: string | undefined;
  for (const entry of entries) {
    switch (entry.type) {
      case "stage-started":
        // A stage that came to an end knows of all its changes, and another one counts its tasks anew.
        if (unfinished !== entry.stage) open.clear();
        unfinished = entry.stage;
        break;
      case "stage-done":
      case "stage-partial":
      case "stage-failed":
      case "rollback-started":
        open.clear();
        unfinished = undefined;
        break;
    }
    noteIntent(open, entry);
  }
  return open;
}

/** Opens an intent, or closes it when its outcome is told. */
export function noteIntent(open: OpenIntents, entry: JournalEntry): void {
  if (entry.type === "task-intent") open.set(intentKey(entry.task, entry.for ?? entry.host), entry.summary);
  // What was lost on the way may have been done.
  if (entry.type === "task-outcome" && entry.status !== "unknown") {
    open.delete(intentKey(entry.task, entry.host));
  }
}

/** By what an intent is found: the task, and the host whose task it is, whoever does the work. */
export function intentKey(task: string, host: string): string {
  return `${task}@${host}`;
}
