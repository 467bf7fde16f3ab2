import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { createRandom, type Random } from "../../src/lab/seeder/random.ts";
import type { SenderProcess } from "../../src/lab/sender/start.ts";
import { type Stage, until } from "../e2e/rehearse.ts";
import { movableClock } from "./clock.ts";
import { leftovers, type Standing, whatStands } from "./leftovers.ts";
import { lookAtOld, type OldState, whatBecameOfOld } from "./old-untouched.ts";
import { nextCommand } from "./operator.ts";
import type { FaultPlan } from "./plan.ts";
import { differentData } from "./same-data.ts";
import type { SoakedPlaybook } from "./soaked-playbook.ts";
import { type Turn, takeTurn } from "./turn.ts";

const run = promisify(execFile);

/** What a soak came to. `findings` is empty when nothing went wrong that should not have. */
export interface SoakResult {
  readonly seed: number;
  readonly steps: number;
  /** How often each fault struck. */
  readonly faults: ReadonlyMap<string, number>;
  /** Mails that a server accepted while the move went on, and those that old held before. */
  readonly accepted: number;
  readonly held: number;
  readonly lost: number;
  readonly doubled: number;
  readonly findings: readonly string[];
}

export interface SoakOptions {
  /** The lab's name. */
  readonly name: string;
  readonly playbook: SoakedPlaybook;
  /** The same seed plans the same faults. */
  readonly seed: number;
  readonly plan: FaultPlan;
  /** In how many of the cases where it can be done the operator adds `--resume`, 0 to 1. */
  readonly resumes: number;
  /** Hosts get disks of their own, and the controllers a clock; faults that fill or move them need it. */
  readonly ownDisks?: boolean;
  readonly say: (line: string) => void;
}

/** Without a fault the same command may fail so often until nobody believes in it any more. */
const patience = 5;

/**
 * Moves a whole mail server while mail flows and things go wrong. After each fault the operator types what
 * `status` says, until it says that nothing is left; then everything is counted and compared.
 */
export async function soak(options: SoakOptions): Promise<SoakResult> {
  const { name, playbook, seed, ownDisks } = options;
  const stage = await playbook.setStage(
    name,
    ownDisks === true ? { ownDisks, environment: movableClock } : {},
  );
  const state = dirname(stage.rehearsal.stateDirectory);
  let traffic: SenderProcess | undefined;
  try {
    // Small, and of its own: it can be filled up, and made read-only.
    await mkdir(state, { mode: 0o700 });
    const before = {
      stands: await whatStands(stage, playbook),
      old: await lookAtOld(stage.lab.hosts.old, playbook),
    };
    await run("mount", ["-t", "tmpfs", "-o", "size=64m,mode=0700", "mailferry-soak", state]);
    // Few mails, so that a busy machine can keep up with what a soak does beside them.
    traffic = await stage.startTraffic(3);
    const seen = new Set<string>();
    const turns = await moveAll(stage, traffic, { ...options, seen });
    return await sumUp(stage, traffic, { playbook, seed, turns, steps: seen.size, before });
  } finally {
    await traffic?.kill();
    await run("umount", [state]).catch(() => undefined);
    await stage.close();
  }
}

interface Course extends SoakOptions {
  readonly seen: Set<string>;
}

/** Moves wave after wave, or the whole server. */
async function moveAll(stage: Stage, traffic: SenderProcess, course: Course): Promise<readonly Turn[]> {
  const random = createRandom("soak", course.seed);
  const { waves = [undefined] } = course.playbook;
  const turns: Turn[] = [];
  for (const domains of waves) {
    const isLast = domains === waves.at(-1);
    turns.push(...(await moveOne(stage, traffic, { ...course, random, domains, isLast })));
  }
  return turns;
}

interface OneCourse extends Course {
  readonly random: Random;
  readonly domains: string | undefined;
  readonly isLast: boolean;
}

/** Types one command after the other until none is left. Throws when it gets nowhere. */
async function moveOne(stage: Stage, traffic: SenderProcess, course: OneCourse): Promise<readonly Turn[]> {
  const { random, domains, isLast } = course;
  const turns: Turn[] = [];
  for (;;) {
    const command = await nextCommand(stage.rehearsal, domains);
    if (command === undefined) return turns;
    // Old must be quiet before it is switched off: from here on nobody has mail to send any more.
    if (command.stage === "finish" && isLast) await traffic.stop();
    const mayResume = command.mayResume && random.chance(course.resumes);
    const turn = await takeTurn({ ...course, stage, random, command: { ...command, mayResume } });
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

interface Told {
  readonly playbook: SoakedPlaybook;
  readonly seed: number;
  readonly turns: readonly Turn[];
  readonly steps: number;
  readonly before: { readonly stands: Standing; readonly old: OldState };
}

async function sumUp(
  stage: Stage,
  traffic: SenderProcess,
  { playbook, seed, turns, steps, before }: Told,
): Promise<SoakResult> {
  const sums = await playbook.account(stage, traffic);
  // A job's files go when its end was seen, and a lock when the link that holds it has ended on the host.
  let left: string[] = [];
  const isClean = async () => {
    left = await leftovers(stage, playbook, before.stands);
    return left.length === 0;
  };
  await until(isClean, 30_000).catch(() => undefined);
  const faults = new Map<string, number>();
  for (const fault of turns.flatMap((turn) => turn.faults)) faults.set(fault, (faults.get(fault) ?? 0) + 1);
  return {
    seed,
    steps,
    faults,
    accepted: sums.accepted,
    held: sums.heldBefore,
    lost: sums.lost.length,
    doubled: sums.doubled.length,
    findings: [
      ...sums.lost.map(({ id, mailbox }) => `lost: ${id} of ${mailbox}`),
      ...sums.doubled.map(({ id, mailbox, copies }) => `${copies} times there: ${id} of ${mailbox}`),
      ...sums.stray.map(({ id, mailbox }) => `astray: ${id} in ${mailbox}`),
      ...sums.differences.map((each) => `${each.user} ${each.folder}: ${each.kind}, ${each.detail}`),
      ...left,
      ...(await differentData(stage, playbook)),
      ...whatBecameOfOld(playbook.old, before.old, await lookAtOld(stage.lab.hosts.old, playbook)),
    ],
  };
}
