import type { Connect } from "../contract/connection.ts";
import { OutcomeUnknown, Unreachable } from "../contract/errors.ts";
import type { HostReader } from "../contract/host.ts";
import { hostLockHolder } from "../engine/host-lock.ts";
import { type Hosts, holdHosts } from "../engine/hosts.ts";
import type { Inventory } from "../language/model.ts";
import { formatTime } from "./state-lines.ts";

const patienceMs = 20_000;

/** What the old and the new hosts say at this moment, one line each and more where something is to be said. Changes nothing. */
export async function lookAtHosts(inventory: Inventory, connect: Connect, now: Date): Promise<string[]> {
  const hosts = holdHosts(inventory, connect, AbortSignal.timeout(patienceMs), () => undefined);
  try {
    const sides = (["old", "new"] as const).flatMap((side) =>
      (inventory.groups.get(side) ?? []).map(async (name) => {
        const findings = await findingsOn(hosts, name, side, now);
        return findings.map(
          (text, index) => `  ${(index === 0 ? `${side} ${name}` : "").padEnd(4)}  ${text}`,
        );
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
    const held =
      lock === undefined
        ? []
        : [`locked by ${lock.user} on ${lock.hostname} since ${formatTime(lock.since, now)}`];
    return [...(side === "new" ? await softBounce(host) : await relay(host)), ...held];
  } catch (error) {
    if (error instanceof Unreachable || error instanceof OutcomeUnknown)
      return [`not reachable: ${error.message}`];
    throw error;
  }
}

async function softBounce(host: HostReader): Promise<string[]> {
  const value = await postconf(host, ["-h", "soft_bounce"]);
  if (value === undefined) return ["Postfix does not answer"];
  return [value === "yes" ? "soft_bounce is ON (turn it off with stage finish)" : "soft_bounce is off"];
}

/** Relaying stands in one of these; `-n` shows those that are set. */
const relaySettings = [
  "relayhost",
  "relay_transport",
  "relay_domains",
  "default_transport",
  "transport_maps",
];

async function relay(host: HostReader): Promise<string[]> {
  const value = await postconf(host, ["-n", ...relaySettings]);
  if (value === undefined) return ["Postfix does not answer"];
  const set = value.split("\n").filter((line) => /=\s*\S/.test(line));
  return [set.length === 0 ? "does not relay" : `relays: ${set.map((line) => line.trim()).join("; ")}`];
}

async function postconf(host: HostReader, args: readonly string[]): Promise<string | undefined> {
  const { exitCode, stdout } = await host.probe(["postconf", ...args], { accept: "any" });
  return exitCode === 0 ? stdout.toString("utf8").trim() : undefined;
}
