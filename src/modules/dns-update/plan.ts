import type { Change, TextDiff } from "../../contract/change.ts";
import { BadInput, Failure } from "../../contract/errors.ts";
import type { HostReader } from "../../contract/host.ts";
import type { LookContext } from "../../contract/module.ts";
import {
  type DnsStep,
  findSteps,
  fulfil,
  type HeldSet,
  type RecordWish,
  wish,
  zoneData,
} from "../../mail/dns-change.ts";
import { questionFor } from "../../mail/dns-record.ts";
import { setName } from "../../mail/dns-record-sets.ts";
import { entryPoints, ZoneFinder } from "../dns/authority.ts";
import { readFormerSets } from "../dns/former-records.ts";
import type { DnsUpdateArgs } from "./arguments.ts";
import { isDone, viewSets, type WishedSet, type ZoneView } from "./zone-view.ts";

/** What there is to change in the DNS. */
export interface DnsChange extends Change {
  readonly args: DnsUpdateArgs;
  readonly wishes: readonly RecordWish[];
  /** The sets that are not as wished on some name server, or were not when Mailferry last looked, as they were seen. */
  readonly sets: readonly WishedSet[];
  /** Name servers that did not answer before the change: they are not waited for. */
  readonly dead: ReadonlySet<string>;
  /** The steps by zone. None where the updated server has all already and others are to follow. */
  readonly stepsByZone: ReadonlyMap<string, readonly DnsStep[]>;
}

/** Compares the wishes with what every name server says; undefined when all have all. */
export async function planUpdate(
  args: DnsUpdateArgs,
  host: HostReader,
  context: LookContext,
): Promise<DnsChange | undefined> {
  if (args.method === undefined || args.method === "nsupdate") await expectKey(args, host);
  const wishes = await readWishes(args, context);
  if (wishes.length === 0) return undefined;
  const view = await look(args, wishes, context.signal);
  refuseBlindness(view);
  const dead = new Set(view.failures.map(({ server }) => server));
  for (const { error } of view.failures) context.notice(`${error}; it is left out`);
  const awaited = await readAwaited(args, context);
  const sets = view.sets.filter((set) => set.behind.length > 0 || awaited.has(setName(set)));
  if (sets.length === 0 && isDone(view, dead)) return undefined;
  const steps = new Map<string, DnsStep[]>();
  for (const set of sets) {
    const zone = args.zone ?? set.zone;
    steps.set(zone, [...(steps.get(zone) ?? []), ...findSteps(heldFirst(set), set.wishes)]);
  }
  return { summary: summaryOf(sets), diff: diffOf(sets), args, wishes, sets, stepsByZone: steps, dead };
}

/** Looks at all wished sets on every name server, found afresh. */
export async function look(
  { server, port }: DnsUpdateArgs,
  wishes: readonly RecordWish[],
  signal: AbortSignal,
): Promise<ZoneView> {
  const options = { timeoutMs: 3000, signal };
  const finder = new ZoneFinder({ ...options, entryPoints: entryPoints(server, port) });
  return viewSets(wishes, finder, options, server);
}

/** What the name server that takes updates has; another's view where it isn't among those that answered. */
export function heldFirst({ views }: WishedSet): HeldSet {
  return views[0]?.held ?? { data: [], ttl: undefined };
}

async function expectKey({ key_file, server }: DnsUpdateArgs, host: HostReader): Promise<void> {
  if (key_file === undefined || server === undefined) {
    const hint = "Give them, or use `method: command` or `method: manual`.";
    throw new BadInput([{ message: "dns_update: nsupdate needs `server` and `key_file`", hint }]);
  }
  if ((await host.stat(key_file)) !== undefined) return;
  throw new Failure("bad-input", `there is no TSIG key ${key_file} on ${host.name}`, {
    host: host.name,
    next: "Make one with tsig-keygen and allow it to update the zone, or use `method: manual`.",
  });
}

/** The sets whose change was begun, and never seen on every name server: from when on caches forget them is not known yet. */
async function readAwaited({ save_as }: DnsUpdateArgs, context: LookContext): Promise<ReadonlySet<string>> {
  const former = await readFormerSets(await context.lastRunFile(save_as ?? "dns-before.json"));
  return new Set(former.filter(({ isAwaited }) => isAwaited).map(setName));
}

/** `ttl: before` becomes the recorded one; a set that Mailferry never changed has none to go back to. */
async function readWishes(
  { records, save_as, before_unknown = "refuse" }: DnsUpdateArgs,
  context: LookContext,
): Promise<RecordWish[]> {
  const former = await readFormerSets(await context.lastRunFile(save_as ?? "dns-before.json"));
  return records.flatMap(({ name, type, ttl, state, data }) => {
    const before = former.find((set) => setName(set) === setName(questionFor(name, type)));
    if (state === "before" && before === undefined) {
      if (before_unknown === "refuse") throw unknownBefore(name, type);
      context.notice(`what ${name} ${type} was before is not known: it is left as it is`);
      return [];
    }
    if (ttl === "before" && before === undefined) return [];
    const wantedTtl = ttl === "before" ? before?.ttl : ttl;
    return wish(name, type, {
      ...(state === "before"
        ? { state: "exact", data: before?.data ?? [] }
        : { ...(state && { state }), ...(data && { data }) }),
      ...(wantedTtl === undefined ? {} : { ttl: wantedTtl }),
    });
  });
}

function unknownBefore(name: string, type: string): Failure {
  return new Failure(
    "task-failed",
    `what ${name} ${type} was before is not known: there was none, or its TTL was raised again since`,
    {
      next: "Say what it is to be by `data`, or that it is to go by `state: absent` (role dns: dns_back_records).",
    },
  );
}

/** Without any answer nobody can say what is to change. */
function refuseBlindness({ sets, failures }: ZoneView): void {
  const unseen = sets.find(({ views }) => views.length === 0);
  if (unseen === undefined) return;
  const told = failures.map(({ error }) => error).join("; ");
  throw new Failure("task-failed", `no name server answers for ${setName(unseen)}: ${told}`, {
    next: "Check the network and the zone's name servers.",
  });
}

function summaryOf(sets: readonly WishedSet[]): string {
  return `change in the DNS: ${sets.map(setName).join(", ")}`;
}

function diffOf(sets: readonly WishedSet[]): TextDiff[] {
  return sets.map((set) => {
    const held = heldFirst(set);
    const before = zoneLines(set, held);
    return { path: `DNS ${setName(set)}`, before, after: zoneLines(set, fulfil(held, set.wishes)) };
  });
}

function zoneLines({ name, type }: WishedSet, { data, ttl }: HeldSet): string {
  return data.map((text) => `${name}. ${ttl ?? 0} IN ${type} ${zoneData(type, text)}\n`).join("");
}
