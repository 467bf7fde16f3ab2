import type { Random } from "../../src/lab/seeder/random.ts";
import type { SenderProcess } from "../../src/lab/sender/start.ts";
import type { Stage } from "../e2e/rehearse.ts";
import { type NextCommand, nextCommand } from "./operator.ts";
import type { SoakOptions } from "./soak.ts";
import { type Turn, takeTurn } from "./turn.ts";

/** What a soak has under way. */
export interface Course extends SoakOptions {
  readonly stage: Stage;
  readonly traffic: SenderProcess;
  readonly random: Random;
  /** Steps that have begun once, in any turn. */
  readonly seen: Set<string>;
}

/** Without a fault the same command may fail so often until nobody believes in it any more. */
const patience = 5;

/** Moves wave after wave, or the whole server. */
export async function moveAll(course: Course): Promise<readonly Turn[]> {
  const { waves = [undefined] } = course.playbook;
  const turns: Turn[] = [];
  for (const domains of waves) {
    const isLast = domains === waves.at(-1);
    const next = async () => {
      const command = await nextCommand(course.stage.rehearsal, domains);
      // Old must be quiet before it is switched off: from here on nobody has mail to send any more.
      if (command?.stage === "finish" && isLast) await course.traffic.stop();
      return command;
    };
    turns.push(...(await typeOn(course, next)));
  }
  return turns;
}

/** Types one command after the other until none is left. Throws when it gets nowhere. */
export async function typeOn(
  course: Course,
  next: () => Promise<NextCommand | undefined>,
): Promise<readonly Turn[]> {
  const { stage, random } = course;
  const turns: Turn[] = [];
  for (;;) {
    const command = await next();
    if (command === undefined) return turns;
    const mayResume = command.mayResume && random.chance(course.resumes);
    const turn = await takeTurn({ ...course, command: { ...command, mayResume } });
    turns.push(turn);
    course.say(
      `${turn.stage}: ${turn.faults.join(", ") || "no fault"}; ended with ${turn.exitCode ?? "a signal"}`,
    );
    if (turn.exitCode !== 0 && turn.faults.length === 0) course.say(turn.complaint.trim());
    await course.playbook.byHand?.(stage, turn);
    if (isStuck(turns)) throw new Error(`stuck at ${turn.stage} with seed ${course.seed}: ${turn.complaint}`);
  }
}

function isStuck(turns: readonly Turn[]): boolean {
  const last = turns.slice(-patience);
  return last.length === patience && last.every((turn) => turn.faults.length === 0 && turn.exitCode !== 0);
}
