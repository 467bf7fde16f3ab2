import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import type { Random } from "../../src/lab/seeder/random.ts";
import type { Stage } from "../e2e/rehearse.ts";
import { type NextCommand, startCommand } from "./operator.ts";
import type { FaultPlan, PlannedFault } from "./plan.ts";
import type { SoakedPlaybook } from "./soaked-playbook.ts";

/** How one command of the operator's ended. */
export interface Turn {
  readonly stage: string;
  /** null: it was killed. */
  readonly exitCode: number | null;
  /** What struck it, by name. */
  readonly faults: readonly string[];
  /** What it said on standard error, and its last failure. */
  readonly complaint: string;
}

export interface TurnOptions {
  readonly stage: Stage;
  readonly playbook: SoakedPlaybook;
  readonly command: NextCommand;
  readonly plan: FaultPlan;
  readonly random: Random;
  /** Steps that have begun once, in any turn; this turn's are added. */
  readonly seen: Set<string>;
}

interface TaskEvent {
  readonly type: string;
  readonly task?: { readonly id: string; readonly name: string };
  readonly handler?: boolean;
  readonly outcome?: { readonly failure?: { readonly message: string } };
}

/** Runs one command to its end, with at most one fault in it. What the fault broke works again when this is over. */
export async function takeTurn(options: TurnOptions): Promise<Turn> {
  const { stage, playbook, command, plan, random, seen } = options;
  const controller = startCommand(stage.rehearsal, command);
  const complaints: string[] = [];
  controller.stderr?.on("data", (chunk: Buffer) => complaints.push(chunk.toString()));
  let striking: { readonly name: string; readonly over: Promise<void> } | undefined;
  for await (const event of eventsOf(controller)) {
    const message = event.outcome?.failure?.message;
    if (message !== undefined) complaints.push(`${event.task?.name}: ${message}\n`);
    const planned = faultOf(event);
    if (planned === undefined || striking !== undefined) continue;
    striking = { name: planned.fault.name, over: strike(planned, controller) };
    // It is looked at below, once the command has ended.
    striking.over.catch(() => {});
  }
  const exitCode = await exitOf(controller);
  await striking?.over;
  const faults = striking === undefined ? [] : [striking.name];
  return { stage: command.stage, exitCode, faults, complaint: complaints.join("") };

  function faultOf({ type, task, handler }: TaskEvent): PlannedFault | undefined {
    if (type !== "task-started" || task === undefined || striking !== undefined) return undefined;
    const what = [command.words.split(" ")[0], command.stage, command.domains, task.id, handler === true];
    const step = what.join(" ");
    if (seen.has(step)) return undefined;
    seen.add(step);
    return plan(random, command.stage);
  }

  async function strike({ fault, delayMs }: PlannedFault, victim: ChildProcess): Promise<void> {
    await pause(delayMs);
    await fault.strike({ stage, playbook, domains: command.domains, controller: victim, random });
  }
}

/** The events that a command writes; a last line that a kill cut off is left out. */
async function* eventsOf(controller: ChildProcess): AsyncGenerator<TaskEvent> {
  if (controller.stdout === null) throw new Error("the command has no standard output");
  for await (const line of createInterface({ input: controller.stdout })) {
    const event = parse(line);
    if (event !== undefined) yield event;
  }
}

function parse(line: string): TaskEvent | undefined {
  try {
    return JSON.parse(line) as TaskEvent;
  } catch {
    return undefined;
  }
}

async function exitOf(controller: ChildProcess): Promise<number | null> {
  if (controller.exitCode !== null || controller.signalCode !== null) return controller.exitCode;
  return new Promise((resolve) => controller.once("exit", resolve));
}
