import type { Change } from "../../contract/change.ts";
import { Refused } from "../../contract/errors.ts";
import type { HostReader } from "../../contract/host.ts";
import type { LookContext } from "../../contract/module.ts";
import { refuseOnOld } from "../refuse-on-old.ts";
import type { RedisCopyArgs } from "./arguments.ts";
import { countKeys, type Digests, findDifferences, isSame, takeDigests } from "./digest.ts";
import { readMarker } from "./marker.ts";
import { formerDataPath } from "./put-in-place.ts";
import { meetServer, type RedisServer, readsDumpsOf } from "./server.ts";

/** What there is to copy. */
export interface RedisChange extends Change {
  readonly args: RedisCopyArgs;
  readonly old: RedisServer;
  readonly fresh: RedisServer;
  /** What old held when it was looked at. */
  readonly oldDigests: Digests;
  /** The copy is there; a run that broke off left a dump or new's former data behind. */
  readonly onlyCleansUp?: boolean;
}

/** Where the dump lies, on both hosts. */
export function dumpDirectory(workPath: string): string {
  return `${workPath}/dump-redis`;
}

/** Compares the keys of both servers; undefined when new holds what old holds. */
export async function planRedisCopy(
  args: RedisCopyArgs,
  target: HostReader,
  context: LookContext,
): Promise<RedisChange | undefined> {
  refuseOnOld(target, context, "the copy replaces the keys of Redis");
  const source = await context.peer(args.from);
  refuseSameMachine(source, target);
  const { from_port, from_socket, from_config_file } = args;
  const fromWords = { port: from_port, socket: from_socket, configFile: from_config_file };
  const [old, fresh] = await Promise.all([
    meetServer(source, fromWords, context.signal),
    meetServer(target, { ...args, configFile: args.config_file }, context.signal),
  ]);
  const [oldDigests, newDigests] = await Promise.all([
    takeDigests(source, old.address, context.signal),
    takeDigests(target, fresh.address, context.signal),
  ]);
  refuseEmptySource(args, oldDigests);
  const differences = findDifferences(oldDigests, newDigests);
  if (differences.length === 0) return cleaningOf({ args, old, fresh, oldDigests }, context);
  await refuseAfterOpening(context);
  refuseOlderTarget(old, fresh);
  const brought = (await readMarker(target, context.workPath))?.imported ?? {};
  refuseForeignKeys(args, newDigests, [oldDigests, brought]);
  const summary = `copy Redis from ${args.from}: ${countKeys(oldDigests)} keys (on new ${differences.join("; ")})`;
  return { summary, args, old, fresh, oldDigests };
}

async function cleaningOf(
  change: Omit<RedisChange, "summary">,
  { workPath }: LookContext,
): Promise<RedisChange | undefined> {
  const { old, fresh } = change;
  const directory = dumpDirectory(workPath);
  const paths = [
    { host: old.host, path: directory },
    { host: fresh.host, path: directory },
    { host: fresh.host, path: formerDataPath(fresh) },
  ];
  const leftOver: string[] = [];
  for (const { host, path } of paths) {
    if ((await host.stat(path)) !== undefined) leftOver.push(`${path} on ${host.name}`);
  }
  if (leftOver.length === 0) return undefined;
  return { summary: `remove what a broken copy left: ${leftOver.join(", ")}`, ...change, onlyCleansUp: true };
}

/** Once new may have taken mail, its Redis has learned more than old's. */
export async function refuseAfterOpening({ latches }: LookContext): Promise<void> {
  if ((await latches.anyOpenedAt()) === undefined) return;
  throw new Refused("new has been opened: its Redis is not replaced any more", {
    next: "Leave it as it is. What Rspamd learns now, it learns on new.",
  });
}

function refuseSameMachine(source: HostReader, target: HostReader): void {
  if (source.name !== target.name && source.facts.machine_id !== target.facts.machine_id) return;
  throw new Refused(`${source.name} and ${target.name} are one machine`, {
    host: target.name,
    next: "Check the addresses in the inventory.",
  });
}

function refuseEmptySource(
  { from, database = 0, allow_empty = false }: RedisCopyArgs,
  digests: Digests,
): void {
  const held = digests[`db${database}`];
  if (allow_empty || (held !== undefined && held.keys + held.shortLivedKeys > 0)) return;
  throw new Refused(`Redis on ${from} holds no key in database ${database}`, {
    host: from,
    next: "See in /etc/rspamd/{local,override}.d which server and database Rspamd uses. If it is empty, set `allow_empty: true`.",
  });
}

function refuseOlderTarget(old: RedisServer, fresh: RedisServer): void {
  if (readsDumpsOf(fresh.version, old.version)) return;
  const versions = `${fresh.version} on ${fresh.host.name}, ${old.version} on ${old.host.name}`;
  throw new Refused(`Redis on new is too old to read what old writes: ${versions}`, {
    host: fresh.host.name,
    next: "Install a newer Redis on new.",
  });
}

/** Other databases belong to other programs: what they hold on new must be what Mailferry brought. */
function refuseForeignKeys(
  { database = 0, replace_existing = false }: RedisCopyArgs,
  now: Digests,
  ours: readonly Digests[],
): void {
  if (replace_existing) return;
  const isOurs = (name: string) => ours.some((digests) => isSame(digests[name], now[name]));
  const foreign = Object.keys(now).filter((name) => name !== `db${database}` && !isOurs(name));
  if (foreign.length === 0) return;
  const held = foreign.map((name) => `${name} (${now[name]?.keys} keys)`).join(", ");
  throw new Refused(`Redis on new holds keys that Mailferry did not bring: ${held}`, {
    next: "Copying replaces all databases of that server. If these may go, set `replace_existing: true`.",
  });
}
