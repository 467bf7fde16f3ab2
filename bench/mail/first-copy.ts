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

/** Copies the volume into fresh file systems, each peer in turn; keeps the last round's. */
export async function copyFirst(bench: Bench): Promise<Copies> {
  const { sides, source } = bench;
  const peers = [
    ["tar | ssh | tar", (target: string) => tarCommand(sides.old, source, target)],
    ["rsync", (target: string) => rsyncCommand(sides.old, source, target, [])],
  ] as const;
  for (let round = 1; ; round += 1) {
    const rooms: Room[] = [];
    const roomOf = (name: string): string => {
      const room = makeRoom(join(bench.directory, `${name}-${round}`));
      rooms.push(room);
      execFileSync("sync");
      return join(room.directory, "vmail");
    };
    let target = "";
    for (const [peer, commandFor] of peers) {
      if (peer !== "rsync" && !bench.measures("first")) continue;
      target = roomOf(peer.slice(0, 3));
      mkdirSync(target);
      const command = commandFor(target);
      const reading = await runPeer(command, bench.directory);
      if (bench.measures("first")) bench.book.add("first", peer, command.shown, reading);
      requireSameTree(peer, source, target, "times");
    }
    const own: OwnPath = {
      directory: join(bench.directory, "mailferry"),
      source,
      target: roomOf("mailferry"),
    };
    prepareOwnPath(own, sides);
    forgetPasses(own);
    const reading = await runStage(own, "hot-copy");
    if (bench.measures("first")) bench.book.add("first", "Mailferry", commandOf("hot-copy"), reading);
    requireSameTree("Mailferry", source, own.target, "content");
    if (round >= bench.rounds || !bench.measures("first")) return { rooms, target, own };
    for (const room of rooms) room.drop();
  }
}
