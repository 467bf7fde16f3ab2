import type { Connect } from "../contract/connection.ts";
import { withDeadline } from "../contract/deadline.ts";
import { Failure } from "../contract/errors.ts";
import type { HostReader } from "../contract/host.ts";
import { holdInventory } from "../engine/held-inventory.ts";
import { hostLockHolder } from "../engine/host-lock.ts";
import { type Hosts, holdHosts } from "../engine/hosts.ts";
import type { Inventory } from "../language/model/inventory.ts";
import type { Line } from "../report/line.ts";
import { entryLine, formatTime } from "./state-lines.ts";

const patienceMs = 20_000;

/** What the old and the new hosts say at this moment. Changes nothing. */
export async function lookAtHosts(inventory: Inventory, connect: Connect, now: Date): Promise<Line[]> {
  const run = new AbortController();
  return withDeadline(patienceMs, run.signal, (signal) => lookWithin(signal, inventory, connect, now));
}

async function lookWithin(
  signal: AbortSignal,
  inventory: Inventory,
  connect: Connect,
  now: Date,
): Promise<Line[]> {
  const hosts = holdHosts(holdInventory(inventory), connect, signal, { allFacts: false }, () => undefined);
  try {
    const sides = (["old", "new"] as const).flatMap((side) =>
      (inventory.groups.get(side) ?? []).map(async (name) => {
        const findings = await findingsOn(hosts, name, side, now);
        return [entryLine(side, name), ...findings.map((text) => entryLine("", text))];
      }),
    );
    return (await Promise.all(sides)).flat();
  } finally {
    await hosts.closeAll();
  }
}

async function findingsOn(hosts: Hosts, name: string, side: "old" | "new", now: Date): Promise<string[]> {
  try {
    const host = await hosts.reach(name);
    const lock = await hostLockHolder(host);
    return [
      ...(await postfixFindings(host, side)),
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

async function postfixFindings(host: HostReader, side: "old" | "new"): Promise<string[]> {
  const settings = await postconf(host);
  if (settings === undefined) return ["Postfix: not installed"];
  const { exitCode } = await host.probe(["postfix", "status"], { accept: "any" });
  const waiting = await queueLength(host);
  const relays = relaySettings.filter((name) => /^(relay|smtp):|^\[/.test(settings.get(name) ?? ""));
  return [
    `Postfix: ${exitCode === 0 ? "running" : "stopped"}${waiting === undefined ? "" : `, ${waiting} in its queue`}`,
    `soft_bounce: ${settings.get("soft_bounce") === "yes" ? "ON" : "off"}`,
    ...(side === "new" && relays.length === 0 ? [] : [describeRelay(relays, settings)]),
  ];
}

/** A relay stands in one of these; what is delivered on the host itself has another transport than smtp. */
const relaySettings = [
  "relayhost",
  "virtual_transport",
  "relay_transport",
  "transport_maps",
  "default_transport",
];

function describeRelay(relays: readonly string[], settings: ReadonlyMap<string, string>): string {
  if (relays.length === 0) return "relay: off";
  return `relay: ${relays.map((name) => `${name} = ${settings.get(name)}`).join(", ")}`;
}

/** The settings that stand in main.cf; undefined without Postfix. */
async function postconf(host: HostReader): Promise<ReadonlyMap<string, string> | undefined> {
  const argv = ["sh", "-c", "PATH=$PATH:/usr/sbin; command -v postconf >/dev/null && postconf -n"];
  const { exitCode, stdout } = await host.probe(argv, { accept: "any" });
  if (exitCode !== 0) return undefined;
  const lines = stdout.toString("utf8").split("\n");
  return new Map(
    lines.map((line) => {
      const [name = "", ...value] = line.split("=");
      return [name.trim(), value.join("=").trim()] as const;
    }),
  );
}

/** How many messages wait; undefined when Postfix can't tell (2 and older have no -j). */
async function queueLength(host: HostReader): Promise<number | undefined> {
  const { exitCode, stdout } = await host.probe(["postqueue", "-j"], { accept: "any" });
  if (exitCode !== 0) return undefined;
  return stdout
    .toString("utf8")
    .split("\n")
    .filter((line) => line !== "").length;
}
