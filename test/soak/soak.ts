import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { createRandom } from "../../src/lab/seeder/random.ts";
import type { SenderProcess } from "../../src/lab/sender/start.ts";
import { type Checked, check } from "./check.ts";
import { movableClock } from "./clock.ts";
import { moveAll } from "./course.ts";
import { whatStands } from "./leftovers.ts";
import { lookAtOld } from "./old-untouched.ts";
import type { FaultPlan } from "./plan.ts";
import type { SoakedPlaybook } from "./soaked-playbook.ts";
import type { Turn } from "./turn.ts";
import { moveThereBackAndThere, requireWayBack } from "./way-back.ts";

const run = promisify(execFile);

/** What a soak came to. `findings` is empty when nothing went wrong that should not have. */
export interface SoakResult {
  readonly seed: number;
  readonly steps: number;
  /** How often each fault struck. */
  readonly faults: ReadonlyMap<string, number>;
  /** Mails that a server accepted while the move went on, and those that were held before. */
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
  /** Once new serves, all goes back to old, and then there again. */
  readonly goesBack?: boolean;
  /** Hosts get disks of their own, and the controllers a clock; faults that fill or move them need it. */
  readonly ownDisks?: boolean;
  readonly say: (line: string) => void;
}

/**
 * Moves a whole mail server while mail flows and things go wrong. After each fault the operator types what
 * `status` says, until it says that nothing is left; then everything is counted and compared.
 */
export async function soak(options: SoakOptions): Promise<SoakResult> {
  const { name, playbook, seed, ownDisks, goesBack } = options;
  if (goesBack === true) requireWayBack(playbook);
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
    const course = { ...options, stage, traffic, random: createRandom("soak", seed), seen };
    if (goesBack === true) {
      const { turns, checked } = await moveThereBackAndThere(course, before);
      return sumUp(course, turns, checked);
    }
    const turns = await moveAll(course);
    return sumUp(course, turns, [await check(stage, traffic, { playbook, side: "new", before })]);
  } finally {
    await traffic?.kill();
    await run("umount", [state]).catch(() => undefined);
    await stage.close();
  }
}

/** What was counted more than once in a soak has the sums of the last time, and the findings of all. */
function sumUp(
  { seed, seen }: { readonly seed: number; readonly seen: ReadonlySet<string> },
  turns: readonly Turn[],
  checked: readonly Checked[],
): SoakResult {
  const faults = new Map<string, number>();
  for (const fault of turns.flatMap((turn) => turn.faults)) faults.set(fault, (faults.get(fault) ?? 0) + 1);
  const sum = (count: (each: Checked) => number) => checked.reduce((total, each) => total + count(each), 0);
  return {
    seed,
    steps: seen.size,
    faults,
    accepted: checked.at(-1)?.accepted ?? 0,
    held: checked.at(-1)?.held ?? 0,
    lost: sum(({ lost }) => lost),
    doubled: sum(({ doubled }) => doubled),
    findings: checked.flatMap(({ findings }) => findings),
  };
}
