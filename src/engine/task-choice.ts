import type { Prompter } from "../contract/prompter.ts";
import type { Stage } from "../language/model/playbook.ts";
import type { Meta, Task } from "../language/model/task.ts";
import { isChosen, type TagChoice } from "./choose-tags.ts";
import { tasksBefore } from "./start-at-task.ts";
import { labelOf } from "./task-events.ts";

/** What the command line says about which tasks of a stage are meant. */
export interface TaskWish extends TagChoice {
  readonly startAtTask?: string | undefined;
}

/** What it says about asking. */
interface StepWish extends TaskWish {
  /** Asks before each task. */
  readonly step?: boolean | undefined;
  readonly prompter: Prompter;
}

/** Which tasks of a stage run: --tags, --skip-tags, --start-at-task, --step. */
export interface TaskChoice {
  /** Whether a task runs, by its tags and its place in the stage. */
  admits(task: Task | Meta): boolean;
  /** With --step: whether the person lets it run. */
  isAllowed(task: Task): Promise<boolean>;
  /** The run that is resumed was refused a task, and that still counts. */
  noteRefused(): void;
  /** True once the person refused a task: the stage did not run whole. */
  refusedAny(): boolean;
}

/** The tasks that are meant, by tags and by place. Throws a Failure when no task has the name of `startAtTask`. */
export function admittedTasks(wish: TaskWish, stage: Stage): TaskChoice["admits"] {
  const { startAtTask } = wish;
  const before = startAtTask === undefined ? new Set<string>() : tasksBefore(stage, startAtTask);
  return (task) => isChosen(task.tags, wish) && !before.has(task.id);
}

/** Makes the choice for one stage. Throws a Failure when no task has the name of `startAtTask`. */
export function chooseTasks(wish: StepWish, stage: Stage): TaskChoice {
  const { prompter } = wish;
  let asks = wish.step ?? false;
  let refused = false;
  return {
    admits: admittedTasks(wish, stage),
    async isAllowed(task) {
      if (!asks) return true;
      const answer = await askForStep(prompter, task);
      if (answer === "c") asks = false;
      if (answer === "n") refused = true;
      return answer !== "n";
    },
    noteRefused() {
      refused = true;
    },
    refusedAny: () => refused,
  };
}

/** Ansible's own question. Whatever is neither yes nor continue is a no. */
async function askForStep(prompter: Prompter, task: Task): Promise<"y" | "n" | "c"> {
  const message = `Perform task: ${labelOf(task)} (N)o/(y)es/(c)ontinue:`;
  const answer = (await prompter.input({ key: "step", message })).trim().toLowerCase();
  if (answer === "y" || answer === "yes") return "y";
  return answer === "c" || answer === "continue" ? "c" : "n";
}
