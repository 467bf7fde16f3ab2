import type { Applied } from "../../contract/change.ts";
import { CommandFailed, Failure } from "../../contract/errors.ts";
import type { HostWriter } from "../../contract/host.ts";
import type { JsonObject } from "../../contract/json.ts";
import type { ApplyContext } from "../../contract/module.ts";
import { type DnsStep, fulfil, isFulfilled, nsupdateScript, zoneData } from "../../mail/dns-change.ts";
import { setName } from "../../mail/dns-record-sets.ts";
import { type FormerSet, readFormerSets, writeFormerSets } from "../dns/former-records.ts";
import { sleep } from "../sleep.ts";
import { type DnsChange, heldFirst, look } from "./plan.ts";
import { isDone, type WishedSet, type ZoneView } from "./zone-view.ts";

/** Changes the records, or has the person do so, and waits until every name server shows them. */
export async function applyUpdate(
  change: DnsChange,
  host: HostWriter,
  context: ApplyContext,
): Promise<Applied> {
  const startedAt = Date.now();
  const { args } = change;
  if (args.method === "manual") await askPerson(change, context);
  // Once the change is made, nobody can be asked any more what was there before.
  await keepFormer(change, context, "awaited");
  if (args.method === "command") await runCommand(change, host, context);
  else if (args.method !== "manual") await runNsupdate(change, host, context);
  await untilVisible(change, context, args.timeout ?? (args.method === "manual" ? 7200 : 300));
  const previous = await keepFormer(change, context, "visible");
  const seconds = Math.round((Date.now() - startedAt) / 100) / 10;
  return { result: { records: change.sets.map(setName), previous, seconds } };
}

async function runNsupdate(change: DnsChange, host: HostWriter, { signal }: ApplyContext): Promise<void> {
  const { server = "", port = 53, key_file = "" } = change.args;
  for (const [zone, steps] of change.stepsByZone) {
    if (steps.length === 0) continue;
    const stdin = nsupdateScript({ server, port, zone }, steps);
    try {
      await host.run(["nsupdate", "-k", key_file], { stdin, signal });
    } catch (error) {
      if (error instanceof CommandFailed) throw refusedUpdate(error, server, zone);
      throw error;
    }
  }
}

function refusedUpdate(cause: CommandFailed, server: string, zone: string): Failure {
  const said = cause.stderr.split("\n").at(-1) || `nsupdate ended with exit code ${cause.exitCode}`;
  return new Failure("task-failed", `name server ${server} did not update ${zone}: ${said}`, {
    next: "Check that the key may update this zone (update-policy or allow-update) and that the clocks agree.",
    cause,
  });
}

/** Every set is told as it is to be: so most programs that keep a zone want it. */
async function runCommand(
  { args, sets }: DnsChange,
  host: HostWriter,
  { signal }: ApplyContext,
): Promise<void> {
  const { command = "", timeout = 300, zone } = args;
  const lines = sets
    .filter((set) => !isFulfilled(heldFirst(set), set.wishes))
    .map((set) => JSON.stringify(wantedSet(set, zone)));
  if (lines.length === 0) return;
  const stdin = `${lines.join("\n")}\n`;
  await host.run(["sh", "-c", command], { stdin, signal, timeoutMs: timeout * 1000 });
}

function wantedSet(set: WishedSet, zone = set.zone): JsonObject {
  const { name, type, wishes } = set;
  const held = heldFirst(set);
  const wanted = fulfil(held, wishes);
  const inZone = (data: readonly string[]) => data.map((text) => zoneData(type, text));
  return { zone, name, type, ttl: wanted.ttl ?? null, data: inZone(wanted.data), before: inZone(held.data) };
}

async function askPerson(change: DnsChange, { prompter, notice }: ApplyContext): Promise<void> {
  const steps = [...change.stepsByZone.values()].flat();
  if (steps.length === 0) return;
  notice(`Change these records where your DNS is kept:\n${steps.map(tellStep).join("\n")}`);
  const message = "Change the records now. Watch the name servers until all of them show it?";
  if (await prompter.confirm({ key: change.args.key ?? "dns_changed", message })) return;
  throw new Failure("task-failed", "the DNS was not changed", {
    next: "Run the stage again when you are ready to change the records.",
  });
}

function tellStep({ action, name, type, data, ttl }: DnsStep): string {
  if (action === "remove") return `  - remove  ${name}.  ${type}  ${zoneData(type, data)}`;
  return `  + set     ${name}.  ${type}  ${zoneData(type, data)}  with TTL ${ttl}`;
}

async function untilVisible(change: DnsChange, context: ApplyContext, timeoutSeconds: number): Promise<void> {
  const deadline = Date.now() + timeoutSeconds * 1000;
  for (;;) {
    const behind = await findBehind(change, context.signal);
    if (behind === undefined) return;
    context.progress({ text: `waiting for ${behind}` });
    if (Date.now() > deadline) throw notVisible(behind, timeoutSeconds);
    await sleep((change.args.interval ?? 2) * 1000, context.signal);
  }
}

/** What is not as wished yet, in words. A network that is gone for a moment is one more reason to wait. */
async function findBehind(
  { args, wishes, dead }: DnsChange,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const view = await look(args, wishes, signal);
    return isDone(view, dead) ? undefined : tellBehind(view);
  } catch (error) {
    if (error instanceof Failure && error.kind === "task-failed") return error.message;
    throw error;
  }
}

function notVisible(behind: string, timeoutSeconds: number): Failure {
  const message = `after ${timeoutSeconds} s the change is not visible everywhere: ${behind}`;
  return new Failure("task-failed", message, {
    next: "Check that the secondary name servers follow (NOTIFY, serial), then run the stage again.",
  });
}

function tellBehind({ sets, failures }: ZoneView): string {
  const behind = sets.filter((set) => set.behind.length > 0);
  const told = behind.map((set) => `${setName(set)} on ${set.behind.join(", ")}`);
  return [...told, ...new Set(failures.map(({ error }) => error))].join("; ");
}

/** Keeps what the records were first, with the time from which on caches forget it; what has its TTL back is done with. */
async function keepFormer(
  { args, sets }: DnsChange,
  context: ApplyContext,
  state: "awaited" | "visible",
): Promise<JsonObject[]> {
  const file = args.save_as ?? "dns-before.json";
  const known = await readFormerSets(await context.lastRunFile(file));
  const changedAt = new Date().toISOString();
  const former = sets.flatMap((set): FormerSet[] => {
    const { data, ttl } = longestHeld(set);
    return ttl === undefined ? [] : [{ name: set.name, type: set.type, ttl, data, changedAt }];
  });
  const first = former.map((set) => firstOf(set, known));
  const isRestored = (set: FormerSet) => (wantedTtl(sets, setName(set)) ?? 0) >= set.ttl;
  const kept =
    state === "awaited"
      ? [...known, ...first.map((set) => ({ ...set, isAwaited: true as const }))]
      : [...known, ...first].filter((set) => !isRestored(set));
  await writeFormerSets(await context.runFile(file), kept);
  return former.map(({ name, type, ttl, data }) => ({ name, type, ttl, data }));
}

/** A set as it was before the first change of it. Its time counts from now where caches could take it with that TTL until now. */
function firstOf(now: FormerSet, known: readonly FormerSet[]): FormerSet {
  const first = known.find((set) => setName(set) === setName(now));
  if (first === undefined) return now;
  const { isAwaited = false, ...before } = first;
  return isAwaited || now.ttl >= first.ttl ? { ...before, changedAt: now.changedAt } : before;
}

function wantedTtl(sets: readonly WishedSet[], name: string): number | undefined {
  return sets.find((set) => setName(set) === name)?.wishes.findLast(({ ttl }) => ttl !== undefined)?.ttl;
}

/** Of all name servers the one whose records caches keep longest. */
function longestHeld(set: WishedSet): ReturnType<typeof heldFirst> {
  const longest = [...set.views].sort((one, other) => (other.held.ttl ?? 0) - (one.held.ttl ?? 0))[0];
  return longest?.held ?? heldFirst(set);
}
