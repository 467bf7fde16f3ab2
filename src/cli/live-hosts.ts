import type { Connect } from "../contract/connection.ts";
import { withDeadline } from "../contract/deadline.ts";
import { Failure } from "../contract/errors.ts";
import { holdInventory } from "../engine/held-inventory.ts";
import { hostLockHolder } from "../engine/host-lock.ts";
import { type ConnectedHost, type Hosts, holdHosts } from "../engine/hosts.ts";
import type { Inventory } from "../language/model/inventory.ts";
import { anyLedgerJob } from "../modules/mail-ledger/ledger-job.ts";
import type { Line } from "../report/line.ts";
import { clientFindings, postfixFindings } from "./postfix-findings.ts";
import { entryLine, formatTime } from "./state-lines.ts";

const patienceMs = 20_000;

/** When the hosts are looked at, and what the state says of them. */
export interface Moment {
  readonly now: Date;
  /** When new was opened, ISO 8601; undefined when it was not. */
  readonly openedAt?: string | undefined;
  /** The domains of the wave, in lower case; undefined when the whole server moves. */
  readonly domains?: readonly string[] | undefined;
}

/** What the old and the new hosts say at this moment. Changes nothing. */
export async function lookAtHosts(inventory: Inventory, connect: Connect, moment: Moment): Promise<Line[]> {
  const run = new AbortController();
  return withDeadline(patienceMs, run.signal, (signal) => lookWithin(signal, inventory, connect, moment));
}

async function lookWithin(
  signal: AbortSignal,
  inventory: Inventory,
  connect: Connect,
  moment: Moment,
): Promise<Line[]> {
  const hosts = holdHosts(holdInventory(inventory), connect, signal, { allFacts: false }, () => undefined);
  try {
    const sides = (["old", "new"] as const).flatMap((side) =>
      (inventory.groups.get(side) ?? []).map(async (name) => {
        const findings = await findingsOn(hosts, name, side, moment);
        return [entryLine(side, name), ...findings.map((text) => entryLine("", text))];
      }),
    );
    return (await Promise.all(sides)).flat();
  } finally {
    await hosts.closeAll();
  }
}

async function findingsOn(
  hosts: Hosts,
  name: string,
  side: "old" | "new",
  { now, openedAt, domains }: Moment,
): Promise<string[]> {
  try {
    const host = await hosts.reach(name);
    const lock = await hostLockHolder(host);
    return [
      ...(await hashingFindings(host)),
      ...(await postfixFindings(host, side, openedAt)),
      ...(side === "old" && openedAt !== undefined
        ? await clientFindings(host, { openedAt, domains, now })
        : []),
      lock === undefined
        ? "lock: free"
        : `lock: held by ${lock.user} on ${lock.hostname} since ${formatTime(lock.since, now)}`,
    ];
  } catch (error) {
    // The status of one host must not hide that of the other, nor what comes next.
    if (error instanceof Failure) return [`can't be asked: ${error.message}`];
    throw error;
  }
}

/** What hashes messages in the background of an opened host, or has done so; nothing where there is no such job. */
async function hashingFindings(host: ConnectedHost): Promise<string[]> {
  const jobs = await host.listJobs(anyLedgerJob);
  if (jobs.length === 0) return [];
  const states = await Promise.all(jobs.map((id) => host.lookAtJob(id)));
  const isAtWork = states.some((state) => state?.isRunning);
  return [
    isAtWork
      ? "messages: are being hashed in the background; verify waits for it"
      : "messages: were hashed in the background; verify compares them",
  ];
}
