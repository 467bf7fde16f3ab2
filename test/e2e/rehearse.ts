import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { compareWithManifest } from "../../src/lab/check/manifest-check.ts";
import { type Snapshot, takeSnapshot } from "../../src/lab/check/snapshot.ts";
import type { MoreVariables } from "../../src/lab/inventory-file.ts";
import type { ExecResult, Lab } from "../../src/lab/lab.ts";
import { labDown } from "../../src/lab/lab-down.ts";
import { type LabUpOptions, labUp } from "../../src/lab/lab-up.ts";
import { prepareRehearsal, type Rehearsal } from "../../src/lab/rehearsal/rehearsal.ts";
import type { SeedManifest } from "../../src/lab/seeder/manifest.ts";
import { seed } from "../../src/lab/seeder/seed.ts";
import { type SenderProcess, startSender } from "../../src/lab/sender/start.ts";

/** A pair of real hosts with mail on the old one, and a controller. */
export interface Stage {
  readonly lab: Lab;
  readonly rehearsal: Rehearsal;
  readonly manifest: SeedManifest;
  /** What old held before anything was done. */
  readonly before: Snapshot;
  /** Starts a sender that delivers to whatever server the DNS names. */
  startTraffic(ratePerSecond?: number): Promise<SenderProcess>;
  /** A second controller, with a state directory of its own. */
  otherOperator(): Promise<Rehearsal>;
  close(): Promise<void>;
}

/** With what a lab is set up, beside its scenario. */
export interface StageEquipment extends Pick<LabUpOptions, "ownDisks" | "isWithoutRootLogin"> {
  readonly playbook?: string;
  /** What the controllers have in their environment, once there is a lab. */
  readonly environment?: (lab: Lab) => Readonly<Record<string, string>>;
}

const program = resolve("bin/mailferry.js");

/** Boots a lab of that name and fills its old host. What a run before it left behind goes first. */
export async function setTheStage(
  name: string,
  variables: MoreVariables = {},
  scenario?: string,
  { playbook, environment, ...more }: StageEquipment = {},
): Promise<Stage> {
  await labDown(name);
  const lab = await labUp({ name, scenario, ...more });
  const fill = lab.scenario.fill ?? seed;
  const manifest = await fill(lab.hosts.old, {
    mailboxes: 8,
    messages: 400,
    seed: 7,
    inNamespace: lab.inNamespace,
  });
  const before = await takeSnapshot(lab.hosts.old);
  // All that is compared with `before` later on is worth nothing if old was half empty.
  expect(compareWithManifest(manifest, before)).toEqual([]);
  const options = { lab, program, variables, playbook, environment: environment?.(lab) };
  return {
    lab,
    manifest,
    before,
    rehearsal: await prepareRehearsal(options),
    otherOperator: () => prepareRehearsal({ ...options, operator: "other-operator" }),
    startTraffic: (rate = 10) =>
      startSender(
        {
          run: `${name}-traffic`,
          rate,
          recipients: manifest.recipients,
          route: { mode: "mx", nameServer: lab.hosts.dns.address, family: "both", maxTtlSeconds: 5 },
        },
        { directory: resolve(lab.directory, "traffic"), inNamespace: lab.inNamespace },
      ),
    close: () => labDown(name),
  };
}

/** Runs a stage and expects it to be done; the output comes with a failure. */
export async function done(rehearsal: Rehearsal, stage: string, ...more: string[]): Promise<string> {
  const ran = await rehearsal.stage(stage, more);
  expect(ran, `${stage}\n${ran.stdout}\n${ran.stderr}`).toMatchObject({ exitCode: 0 });
  return ran.stdout;
}

/** Runs a stage and expects an exit code. */
export async function ends(
  rehearsal: Rehearsal,
  stage: string,
  exitCode: number,
  ...more: string[]
): Promise<ExecResult> {
  const ran = await rehearsal.stage(stage, more);
  expect(ran, `${stage}\n${ran.stdout}\n${ran.stderr}`).toMatchObject({ exitCode });
  return ran;
}

/** Waits for a condition; throws when it does not come to hold in time. */
export async function until(holds: () => boolean | Promise<boolean>, timeoutMs = 120_000): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`it did not happen within ${timeoutMs / 1000} s: ${holds}`);
    await sleep(100);
  }
}
