import { posix } from "node:path";
import { Refused } from "../contract/errors.ts";
import type { HostReader, HostWriter } from "../contract/host.ts";
import { isDomain, type Wave, waveOf } from "../contract/wave.ts";
import type { RunRequest } from "./request.ts";
import type { RunScope } from "./scope.ts";

const directory = "/var/lib/mailferry/latches";

/** Each wave that ever set a latch, a JSON line each, on both hosts. */
const listFile = `${directory}/waves.jsonl`;

/** A wave as the list on the hosts has it. */
interface ListedWave extends Wave {
  /** The mail roots that it copied, absolute paths on new. */
  readonly roots: readonly string[];
}

/** A wave of other domains than this run's, and how far it came. */
export interface OtherWave extends ListedWave {
  /** When old stopped taking its mail, ISO 8601; undefined when it takes it. */
  readonly frozenAt?: string | undefined;
  /** When new began to take its mail; undefined when it does not. */
  readonly openedAt?: string | undefined;
  /** When new stopped taking its mail again, which goes back to old; undefined when it does not. */
  readonly backAt?: string | undefined;
}

/** Where the latches of a run lie on the hosts: those of a wave in a directory of its own. */
export function latchDirectoryOf(wave: Pick<Wave, "name"> | undefined): string {
  return wave === undefined ? directory : `${directory}/${wave.name}`;
}

/** The other waves that this run's hosts know of. Throws Refused for a list that can't be read: unknown is never "none". */
export async function readOtherWaves({ request, hosts }: RunScope): Promise<OtherWave[]> {
  const { groups } = request.inventory;
  const [old, fresh] = await Promise.all(
    (["old", "new"] as const).map((side) =>
      Promise.all((groups.get(side) ?? []).map((name) => hosts.reach(name))),
    ),
  );
  const listed = new Map<string, ListedWave>();
  for (const host of [...(old ?? []), ...(fresh ?? [])]) {
    for (const wave of await readList(host)) {
      const roots = [...new Set([...(listed.get(wave.name)?.roots ?? []), ...wave.roots])];
      listed.set(wave.name, { ...wave, roots });
    }
  }
  listed.delete(request.wave?.name ?? "");
  return Promise.all(
    [...listed.values()].map(async (wave) => ({
      ...wave,
      frozenAt: await firstMark(old ?? [], wave, "old-frozen"),
      openedAt: await firstMark(fresh ?? [], wave, "new-opened"),
      backAt: await firstMark(fresh ?? [], wave, "new-frozen"),
    })),
  );
}

/**
 * The mail on new of waves that were opened. A domain that had no mailbox when it moved has its directory beside those that
 * were copied, as soon as new makes one.
 */
export function openedRootsOf(waves: readonly OtherWave[]): readonly string[] {
  const opened = waves.filter(({ openedAt }) => openedAt !== undefined);
  const roots = opened.flatMap(({ roots, domains }) =>
    roots.flatMap((root) =>
      domains.includes(posix.basename(root))
        ? domains.map((domain) => posix.join(posix.dirname(root), domain))
        : [root],
    ),
  );
  return [...new Set(roots)];
}

/** Makes a wave known to a host, before it sets its first latch there; its roots may have become more. */
export async function listWave(host: HostWriter, wave: Wave, roots: readonly string[]): Promise<void> {
  const before = await readList(host);
  const known = before.find(({ name }) => name === wave.name);
  const all = [...new Set([...(known?.roots ?? []), ...roots])].toSorted();
  if (known !== undefined && known.roots.length === all.length) return;
  const others = before.filter(({ name }) => name !== wave.name);
  const lines = [...others, { name: wave.name, domains: wave.domains, roots: all }];
  await host.run(["install", "-d", "-m", "0700", "--", directory]);
  await host.writeFile(listFile, lines.map((line) => `${JSON.stringify(line)}\n`).join(""), { mode: "0600" });
  await host.run(["sync", "--", listFile]);
}

/**
 * Refuses what would cross another wave: a move of the whole server once a wave went its own way, a wave of a domain that
 * another one moves, and a second wave while one stands in its freeze or goes back.
 */
export async function requireOwnDomains(scope: RunScope): Promise<void> {
  const { request } = scope;
  const others = scope
    .otherWaves()
    .filter(({ frozenAt, openedAt, backAt }) => frozenAt ?? openedAt ?? backAt);
  const { wave } = request;
  if (wave === undefined) return refuseWhole(request, others);
  await refuseBesideWhole(scope);
  const [same] = others.filter(({ domains }) => domains.some((domain) => wave.domains.includes(domain)));
  if (same !== undefined) {
    const both = same.domains.filter((domain) => wave.domains.includes(domain));
    throw new Refused(`${both.join(", ")} moves with another wave already: ${same.domains.join(", ")}`, {
      next: `Go on with that one: --domains ${same.domains.join(",")}`,
    });
  }
  refuseBesideWayBack(others);
  const [frozen] = others.filter(({ openedAt }) => openedAt === undefined);
  if (frozen === undefined) return;
  throw new Refused(`the wave of ${frozen.domains.join(", ")} is frozen since ${frozen.frozenAt}`, {
    next: `One wave stands in its downtime at a time. End it, or roll it back: --domains ${frozen.domains.join(",")}`,
  });
}

/** What both servers know of who has which domain is about to change, and another wave would write it as it was. */
function refuseBesideWayBack(others: readonly OtherWave[]): void {
  const goingBack = others.find(({ backAt }) => backAt !== undefined);
  if (goingBack === undefined) return;
  throw new Refused(
    `the wave of ${goingBack.domains.join(", ")} goes back to old since ${goingBack.backAt}`,
    { next: `Run its way back to the end first: --domains ${goingBack.domains.join(",")}` },
  );
}

function refuseWhole({ playbook }: RunRequest, [first, ...others]: readonly OtherWave[]): void {
  // A list of plays is no move; what it may touch of the mail, `guardMail` says.
  if (first === undefined || playbook.stages.some(({ isPlainList }) => isPlainList === true)) return;
  const moved = [first, ...others].flatMap(({ domains }) => domains).join(", ");
  throw new Refused(`these hosts move one domain at a time: ${moved} went by itself already`, {
    next: "Move the domains that are left in the same way, named by --domains.",
  });
}

/** A move of the whole server that was begun takes all domains along. */
async function refuseBesideWhole({ request, hosts }: RunScope): Promise<void> {
  for (const [side, mark] of [
    ["old", "old-frozen"],
    ["new", "new-opened"],
  ] as const) {
    for (const name of request.inventory.groups.get(side) ?? []) {
      const host = await hosts.reach(name);
      if ((await host.readText(`${directory}/${mark}`)) === undefined) continue;
      throw new Refused(`a move of the whole server is under way or done: ${mark} is set on ${name}`, {
        next: "Go on with it, without --domains.",
      });
    }
  }
}

async function firstMark(
  hosts: readonly HostReader[],
  wave: Wave,
  mark: string,
): Promise<string | undefined> {
  const marks = await Promise.all(hosts.map((host) => host.readText(`${latchDirectoryOf(wave)}/${mark}`)));
  return marks.find((text) => text !== undefined)?.trim();
}

async function readList(host: HostReader): Promise<ListedWave[]> {
  const lines = ((await host.readText(listFile)) ?? "").split("\n").filter((line) => line !== "");
  return lines.map((line) => {
    const wave = parse(line);
    if (wave !== undefined) return wave;
    throw new Refused(`${listFile} can't be read: ${line}`, {
      host: host.name,
      next: "It names the domains that moved by themselves, a JSON object a line. Mend it before anything else is done.",
    });
  });
}

function parse(line: string): ListedWave | undefined {
  try {
    const { name, domains, roots } = JSON.parse(line) as Partial<ListedWave>;
    // Domains come into tables and queries on both hosts, the name into paths: nothing but what a wave of ours has is taken.
    const isSound = areTexts(domains) && domains.length > 0 && domains.every(isDomain) && areTexts(roots);
    if (isSound && roots.every(posix.isAbsolute) && waveOf(domains).name === name)
      return { name, domains, roots };
  } catch {
    // What is no JSON is told with the rest.
  }
  return undefined;
}

function areTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}
