import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Bench } from "./bench.ts";
import { makeRoom, type Room } from "./image.ts";
import { commandOf, forgetPasses, type OwnPath, prepareOwnPath, runStage } from "./mailferry.ts";
import { rsyncCommand, runPeer, tarCommand } from "./peers.ts";
import { requireSameTree } from "./same-tree.ts";

/** What the first copies leave for the passes that follow. */
export interface Copies {
  readonly rooms: readonly Room[];
  /** rsync's copy. */
  readonly target: string;
  /** Mailferry's. */
  readonly own: OwnPath;
}

/**
 * Copies the volume into fresh file systems; keeps the last round's. Whoever comes later finds the memory full of what the others wrote, so
 * each round begins with another one.
 */
export async function copyFirst(bench: Bench): Promise<Copies> {
  const peers = bench.measures("first") ? (["tar", "rsync"] as const) : (["rsync"] as const);
  for (let round = 1; ; round += 1) {
    const rooms: Room[] = [];
    const roomOf = (name: string): string => {
      const room = makeRoom(join(bench.directory, `${name}-${round}`));
      rooms.push(room);
      execFileSync("sync");
      return join(room.directory, "vmail");
    };
    let target = "";
    let own: OwnPath | undefined;
    for (const who of rotated([...peers, "mailferry"] as const, round - 1)) {
      const room = roomOf(who);
      if (who === "mailferry") own = await copyByMailferry(bench, room);
      else await copyByPeer(bench, who, room);
      if (who === "rsync") target = room;
    }
    if (own === undefined) throw new Error("Mailferry copied nothing");
    if (round >= bench.rounds || !bench.measures("first")) return { rooms, target, own };
    for (const room of rooms) room.drop();
  }
}

async function copyByPeer(bench: Bench, who: "tar" | "rsync", target: string): Promise<void> {
  const { sides, source, directory, book } = bench;
  const [name, command] =
    who === "tar"
      ? ["tar | ssh | tar", tarCommand(sides.old, source, target)]
      : ["rsync", rsyncCommand(sides.old, source, target, [])];
  mkdirSync(target);
  const reading = await runPeer(command, directory);
  if (bench.measures("first")) book.add("first", name, command.shown, reading);
  requireSameTree(name, source, target, "times");
}

async function copyByMailferry(bench: Bench, target: string): Promise<OwnPath> {
  const own: OwnPath = { directory: join(bench.directory, "mailferry"), source: bench.source, target };
  prepareOwnPath(own, bench.sides);
  forgetPasses(own);
  const reading = await runStage(own, "hot-copy");
  if (bench.measures("first")) bench.book.add("first", "Mailferry", commandOf("hot-copy"), reading);
  requireSameTree("Mailferry", bench.source, own.target, "content");
  return own;
}

function rotated<Item>(items: readonly Item[], by: number): readonly Item[] {
  const at = by % items.length;
  return [...items.slice(at), ...items.slice(0, at)];
}
