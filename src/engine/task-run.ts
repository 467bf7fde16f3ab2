import type { Variables } from "../contract/host.ts";
import type { JsonObject } from "../contract/json.ts";
import type { Task } from "../language/model/task.ts";
import type { RunScope } from "./scope.ts";
import type { Settled } from "./settle-words.ts";
import type { TaskEvents } from "./task-events.ts";
import type { RoundName, TurnPart } from "./turn-part.ts";

/** One task on one host, and what its parts share. */
export interface TaskRun {
  readonly scope: RunScope;
  /** With its words rendered, as far as they are known without the loop's item. */
  readonly task: Settled<Task>;
  /** The task as it is written. */
  readonly written: Task;
  /** The host whose variables are used. */
  readonly host: string;
  /** The hosts that get what the task finds out and registers: its own, or all of the batch with `run_once`. */
  readonly audience: readonly string[];
  readonly events: TaskEvents;
  /** Its turn on the host, where that is kept for a run that resumes this one. */
  readonly part?: TurnPart | undefined;
  /** The round of the loop that is under way. */
  readonly round?: RoundName | undefined;
  /** The task's variables together with some that only one item or one condition sees. */
  variablesWith(extra: JsonObject): Variables;
}
