import type { ChildProcess } from "node:child_process";
import type { Random } from "../../src/lab/seeder/random.ts";
import type { Stage } from "../e2e/rehearse.ts";
import type { SoakedPlaybook } from "./soaked-playbook.ts";

/** What a fault may lay its hands on. */
export interface FaultScene {
  readonly stage: Stage;
  readonly playbook: SoakedPlaybook;
  /** Of the wave that is under way, as `--domains` takes them. */
  readonly domains: string | undefined;
  /** The command of Mailferry that runs at this moment. It may end at any time. */
  readonly controller: ChildProcess;
  readonly random: Random;
}

/** Something that goes wrong. `strike` resolves when it is over, and what it broke works again. */
export interface Fault {
  readonly name: string;
  strike(scene: FaultScene): Promise<void>;
}

/** One of the two mail servers. */
export function eitherHost({ stage, random }: FaultScene) {
  return stage.lab.hosts[random.pick(["old", "new"] as const)];
}
