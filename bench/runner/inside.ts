import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { layDelayLine } from "../common/delay-line.ts";
import { startFarm } from "../common/farm.ts";
import type { Reading } from "../common/measure.ts";
import { compare, type Effort } from "./compare.ts";
import { ansible, mitogen, pipelining } from "./peers/ansible.ts";
import { mailferry } from "./peers/mailferry.ts";
import { controlMaster, oneScript } from "./peers/open-ssh.ts";
import type { Cell, Results } from "./results.ts";
import { measureStartUps } from "./start-up.ts";
import { type Peer, type Work, works } from "./work.ts";

/** What one run of the bench shall measure. */
export interface Wanted {
  /** Works by id; "start-up" and "memory" count as such. */
  readonly parts: readonly string[];
  readonly peers: readonly string[];
  readonly effort: Effort;
}

/** All that can be compared, slowest last. */
export const allPeers: readonly Peer[] = [oneScript, mailferry, controlMaster, mitogen, pipelining, ansible];

/** Measures inside the namespaces and leaves the results in the work directory. */
export async function measureInside(wanted: Wanted, directory: string, file: string): Promise<void> {
  const peers = allPeers.filter(({ id }) => wanted.peers.includes(id));
  const asked = works.filter(({ id }) => wanted.parts.includes(id));
  const missing: string[] = [];
  const cells: Cell[] = [];
  for (const work of asked) {
    const measured = await measureWork(work, peers, wanted.effort, join(directory, work.id));
    if (typeof measured === "string") missing.push(`${work.title}: ${measured}`);
    else cells.push(...measured);
  }
  mkdirSync(join(directory, "start-up"));
  const startUps = wanted.parts.includes("start-up") ? measureStartUps(31, join(directory, "start-up")) : [];
  const memory = wanted.parts.includes("memory") ? await measureMemory(join(directory, "memory")) : undefined;
  const results: Results = { cells, startUps, memory, missing, versions: versions() };
  writeFileSync(file, JSON.stringify(results));
}

async function measureWork(
  work: Work,
  peers: readonly Peer[],
  effort: Effort,
  directory: string,
): Promise<Cell[] | string> {
  const line = work.far ? await layDelayLine(20) : undefined;
  if (typeof line === "string") return line;
  const farm = await startFarm({
    count: work.hosts,
    directory: join(directory, "farm"),
    ...(line === undefined ? {} : { addressOf: () => line.farAddress, prefix: line.prefix }),
  });
  try {
    return await compare(work, farm.site, peers, effort, directory, tell);
  } finally {
    await farm.stop();
    line?.stop();
  }
}

/** How many hosts the controller's memory is measured at. */
const manyHosts = 1000;

async function measureMemory(directory: string): Promise<Reading> {
  const farm = await startFarm({ count: manyHosts, directory: join(directory, "farm"), shared: true });
  const work: Work = {
    id: "memory",
    title: `${manyHosts} hosts`,
    hosts: manyHosts,
    kind: "touch",
    tasks: 3,
    far: false,
    reach: {},
  };
  try {
    const effort = { rounds: 1, secondsAtMost: 0 };
    const [cell] = await compare(work, farm.site, [mailferry], effort, directory, tell);
    const [reading] = cell?.readings ?? [];
    if (reading === undefined) throw new Error("the controller's memory was not measured");
    tell(`${work.title}: ${Math.round(reading.memoryMebibytes)} MiB`);
    return reading;
  } finally {
    await farm.stop();
  }
}

function versions(): Record<string, string> {
  const first = (program: string, ...argv: string[]): string => {
    try {
      return (
        execFileSync("/bin/sh", ["-c", `${program} ${argv.join(" ")} 2>&1`], { encoding: "utf8" }).split(
          "\n",
        )[0] ?? ""
      ).trim();
    } catch {
      return "not installed";
    }
  };
  return {
    Node: process.version,
    Ansible: first("ansible-playbook", "--version"),
    Mitogen: first("dpkg-query", "-W", "-f='${Version}'", "python3-mitogen"),
    OpenSSH: first("ssh", "-V"),
    Linux: first("uname", "-r"),
    processors: first("nproc"),
  };
}

function tell(text: string): void {
  console.log(text);
}
