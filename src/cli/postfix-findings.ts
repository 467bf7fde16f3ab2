import { Failure } from "../contract/errors.ts";
import type { HostReader } from "../contract/host.ts";
import { ClientCount, clientPattern, lastOf, type MailClient } from "../mail/mail-clients.ts";
import { queueNames } from "../mail/queue-listing.ts";
import { readMailLog } from "../modules/mail-log/read-mail-log.ts";
import { type Queues, readQueues } from "../modules/read-queues.ts";
import { formatDuration } from "../report/format.ts";
import { formatTime } from "./state-lines.ts";

/** How Postfix stands on a host at this moment: running, its queues, where it hands mail. `openedAt`: ISO 8601. */
export async function postfixFindings(
  host: HostReader,
  side: "old" | "new",
  openedAt: string | undefined,
): Promise<string[]> {
  const settings = await postconf(host);
  if (settings === undefined) return ["Postfix: not installed"];
  const { exitCode } = await host.probe(["postfix", "status"], { accept: "any" });
  const relays = relaySettings.filter((name) => /^(relay|smtp):|^\[/.test(settings.get(name) ?? ""));
  return [
    `Postfix: ${exitCode === 0 ? "running" : "stopped"}`,
    `queue: ${await queueFinding(host)}`,
    `soft_bounce: ${settings.get("soft_bounce") === "yes" ? "ON" : "off"}`,
    ...(side === "new" && relays.length === 0 ? [] : [describeRelay(relays, settings, openedAt)]),
  ];
}

/** A relay stands in one of these; what is delivered on the host itself has another transport than smtp. */
const relaySettings = [
  "relayhost",
  "virtual_transport",
  "local_transport",
  "relay_transport",
  "transport_maps",
  "default_transport",
];

function describeRelay(
  relays: readonly string[],
  settings: ReadonlyMap<string, string>,
  openedAt: string | undefined,
): string {
  if (relays.length === 0) return "relay: off";
  const since =
    openedAt === undefined ? "" : `; new is open since ${openedAt.slice(0, 16).replace("T", " ")} UTC`;
  return `relay: ${relays.map((name) => `${name} = ${settings.get(name)}`).join(", ")}${since}`;
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

/** "3 active, 12 deferred, 1 hold; the oldest came 2 h 5 min ago" */
async function queueFinding(host: HostReader): Promise<string> {
  try {
    return describeQueues(await readQueues(host, { queues: queueNames, limit: 0 }), host.facts.clock);
  } catch (error) {
    // Postfix 2 and older can't list its queue for programs (no postqueue -j).
    if (error instanceof Failure) return `can't be told: ${error.message}`;
    throw error;
  }
}

function describeQueues({ counts, oldest }: Queues, clock: number): string {
  const told = queueNames.filter((name) => counts[name] > 0).map((name) => `${counts[name]} ${name}`);
  if (told.length === 0) return "empty";
  const age = oldest === undefined ? "" : `; the oldest came ${ago(clock - oldest)}`;
  return `${told.join(", ")}${age}`;
}

/** So many of those who still come are named. */
const namedClients = 8;
/** What is longer ago says little of who still comes. */
const longestLookSeconds = 86_400;

/** What is looked for: who came since new was opened (ISO 8601); of a wave its domains' users alone. */
export interface ClientQuestion {
  readonly openedAt: string;
  readonly domains?: readonly string[] | undefined;
  readonly now: Date;
}

/** Who still comes to old since new was opened, and whether it is quiet. */
export async function clientFindings(
  host: HostReader,
  { openedAt, domains, now }: ClientQuestion,
): Promise<string[]> {
  const { clock, clock_skew } = host.facts;
  const opened = Date.parse(openedAt) / 1000 + clock_skew;
  const since = Math.max(opened, clock - longestLookSeconds);
  const time = since === opened ? `since the opening, ${formatTime(openedAt, now)}` : "in the last day";
  const count = new ClientCount(domains);
  try {
    const question = { since, pattern: clientPattern, timeoutMs: 10_000 };
    const { oldest } = await readMailLog(host, question, (line) => count.take(line));
    if (oldest === undefined || oldest > since)
      return ["still used: its mail log does not reach back to the opening"];
  } catch (error) {
    if (error instanceof Failure) return [`still used: can't be told: ${error.message}`];
    throw error;
  }
  return describeClients(count, clock, time);
}

function describeClients(count: ClientCount, clock: number, time: string): string[] {
  const clients = count.clients();
  const lastAt = lastOf(clients);
  if (lastAt === undefined) return [`still used: by nobody ${time}`];
  const more = clients.length - namedClients;
  return [
    `still used: by ${clients.length}${count.others + count.otherVisits === 0 ? "" : " and more"} ${time}; last ${ago(clock - lastAt)}`,
    ...clients.slice(0, namedClients).map((client) => `  ${describeClient(client, clock)}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ];
}

function describeClient({ service, name, count, lastAt }: MailClient, clock: number): string {
  return `${service} ${name}: ${count === 1 ? "once" : `${count} times`}, last ${ago(clock - lastAt)}`;
}

function ago(seconds: number): string {
  return seconds < 1 ? "just now" : `${formatDuration(Math.round(seconds))} ago`;
}
