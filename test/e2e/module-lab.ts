import { resolve } from "node:path";
import type { Lab, LabHost } from "../../src/lab/lab.ts";
import { labDown } from "../../src/lab/lab-down.ts";
import { labUp } from "../../src/lab/lab-up.ts";
import { prepareRehearsal, type Rehearsal } from "../../src/lab/rehearsal/rehearsal.ts";
import { type HostState, hostState } from "./host-state.ts";
import { done } from "./rehearse.ts";

/** One lab that the playbooks of several folders are run on, one after the other: booting takes longer than they do. */
export interface BootedLab {
  readonly lab: Lab;
  hosts(): readonly LabHost[];
  /** What both hosts are now, to compare with what they are later. */
  states(): Promise<readonly HostState[]>;
  /** The migration of `FOLDER/playbook.yml`, for those who watch a run, or kill it. */
  rehearsal(folder: string): Promise<Rehearsal>;
  /** Runs a stage of `FOLDER/playbook.yml` and expects it to be done; hands back what was printed. */
  run(folder: string, stage: string, ...more: string[]): Promise<string>;
  close(): Promise<void>;
}

/** Boots a lab of that name; what a run before it left behind goes first. */
export async function bootLab(name: string): Promise<BootedLab> {
  await labDown(name);
  const lab = await labUp({ name });
  const hosts = () => [lab.hosts.old, lab.hosts.new];
  return {
    lab,
    hosts,
    states: () => Promise.all(hosts().map((host) => hostState(host))),
    rehearsal: (folder) => rehearsalOf(lab, folder),
    run: async (folder, stage, ...more) => done(await rehearsalOf(lab, folder), stage, ...more),
    close: () => labDown(name),
  };
}

/** Every playbook has a directory of its own on the controller, and so a journal of its own. */
function rehearsalOf(lab: Lab, folder: string): Promise<Rehearsal> {
  const playbook = resolve("test/e2e", folder, "playbook.yml");
  return prepareRehearsal({ lab, program: resolve("bin/mailferry.js"), playbook, operator: folder });
}

/** The counts of changed tasks in the summary, host by host. */
export function changesIn(output: string): number[] {
  return [...output.matchAll(/^mail-\S+ +\d+ +(\d+) /gm)].map(([, changed]) => Number(changed));
}
