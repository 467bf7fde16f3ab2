import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { emptyTargets } from "../common/farm.ts";
import { measure, type Reading } from "../common/measure.ts";
import type { Attempt, Site } from "../common/site.ts";
import { type Cell, columnsOf } from "./results.ts";
import type { Peer, Work } from "./work.ts";

/** How often to measure. */
export interface Effort {
  readonly rounds: number;
  /** A peer that has taken this many seconds for one work is not run again. */
  readonly secondsAtMost: number;
}

/** Measures all peers at one work, in turn, so that a busy minute of the machine falls on all of them. */
export async function compare(
  work: Work,
  site: Site,
  peers: readonly Peer[],
  effort: Effort,
  directory: string,
  tell: (text: string) => void,
): Promise<Cell[]> {
  const entrants = peers.flatMap((peer) => {
    const own = join(directory, work.id, peer.id);
    mkdirSync(own, { recursive: true });
    const attempt = peer.prepare(work, site, own);
    return attempt === undefined
      ? []
      : [{ peer, attempt, own, readings: columnsOf(work).map((): Reading[] => []) }];
  });
  for (let round = 0; round < effort.rounds; round += 1) {
    for (const { peer, attempt, own, readings } of entrants) {
      if (secondsOf(readings) > effort.secondsAtMost) continue;
      emptyTargets(site);
      for (const column of readings) {
        await attempt.clean?.();
        column.push(await measure(attempt, own));
        requireDone(work, site, attempt);
      }
      await attempt.clean?.();
      tell(
        `${work.title}, ${peer.title}: ${readings.map((column) => column.at(-1)?.wallSeconds).join(" / ")} s`,
      );
    }
  }
  return entrants.flatMap(({ peer, readings }) =>
    columnsOf(work).map((column, index) => ({
      work: work.id,
      column,
      peer: peer.id,
      readings: readings[index] ?? [],
    })),
  );
}

function secondsOf(readings: readonly (readonly Reading[])[]): number {
  return readings.flat().reduce((sum, { wallSeconds }) => sum + wallSeconds, 0);
}

/** Who did less than the work was not fast. */
function requireDone(work: Work, { target, hosts }: Site, { argv }: Attempt): void {
  for (const { name } of hosts.slice(0, work.hosts)) {
    const done = readdirSync(join(target, name)).length;
    if (done !== work.tasks) {
      throw new Error(`${argv.join(" ")} left ${done} files on ${name}, not ${work.tasks}`);
    }
  }
}
