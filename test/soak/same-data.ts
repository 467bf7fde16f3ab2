import type { LabHost } from "../../src/lab/lab.ts";
import type { Stage } from "../e2e/rehearse.ts";
import type { SoakedPlaybook } from "./soaked-playbook.ts";

/** Compares what is no mail and still must be the same on both hosts. Sentences; none when it is. */
export async function differentData({ lab }: Stage, { same }: SoakedPlaybook): Promise<string[]> {
  const findings: string[] = [];
  for (const [what, script] of Object.entries(same)) {
    const [before, after] = await Promise.all([look(lab.hosts.old, script), look(lab.hosts.new, script)]);
    if (before === "") findings.push(`${what}: nothing on old to compare with`);
    if (before !== after) findings.push(`${what}: on old\n${before}\nand on new\n${after}`);
  }
  return findings;
}

async function look(host: LabHost, script: string): Promise<string> {
  return (await host.run(["sh", "-euc", script])).trim();
}
