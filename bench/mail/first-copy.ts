import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Bench } from "./bench.ts";
import type { Timed } from "./figures.ts";
import { makeImage, makeRoom, makeRoomIn, type Room } from "./image.ts";
import { commandOf, forgetPasses, type OwnPath, prepareOwnPath, runStage } from "./mailferry.ts";
import { rsyncCommand, runPeer, tarCommand } from "./peers.ts";
import { requireSameTree } from "./same-tree.ts";

/** What copies leave for the passes that follow. */
export interface Copies {
  readonly rooms: readonly Room[];
  /** rsync's copy. */
  readonly target: string;
  /** Mailferry's. */
  readonly own: OwnPath;
}

/**
 * Measures first copies into fresh file systems, and drops each before the next one: whoever comes later would find the memory full of
 * what others wrote. Each round begins with another one. Two copies go before that are not measured: a virtual machine is given
 * its memory only when it needs it, and is slow for its first minute. First copies differ most from one to the next, so there are twice as
 * many rounds as of anything else.
 */
export async function measureFirstCopies(bench: Bench): Promise<void> {
  const bytes = Math.max(2 ** 30, bench.size.messages * imageBytesOfMessage);
  const image = makeImage(join(bench.images, "first-copies.img"), bytes);
  for (const who of ["rsync", "tar"] as const) await copyInto(image, `warm-up-${who}`, bench, who);
  for (let round = 1; round <= 2 * bench.rounds; round += 1) {
    for (const who of rotated(["tar", "rsync", "mailferry"] as const, round - 1)) {
      const { name, shown, reading } = await copyInto(image, `${who}-${round}`, bench, who);
      bench.book.add("first", name, shown, reading);
    }
  }
  rmSync(image);
}

/** Room for what a message takes of a fresh file system, half of it to spare. */
const imageBytesOfMessage = 20_000;

async function copyInto(
  image: string,
  name: string,
  bench: Bench,
  who: "tar" | "rsync" | "mailferry",
): Promise<FirstCopy> {
  const room = makeRoomIn(image, join(bench.directory, name));
  execFileSync("sync");
  const target = join(room.directory, "vmail");
  const copy = await (who === "mailferry" ? copyByMailferry(bench, target) : copyByPeer(bench, who, target));
  room.drop();
  return copy;
}

/** Copies the volume for the passes, by rsync and by Mailferry. */
export async function copyForPasses(bench: Bench): Promise<Copies> {
  const rooms = ["rsync", "mailferry"].map((who) => freshRoom(bench, `${who}-for-passes`)) as [Room, Room];
  const [target, ownTarget] = rooms.map(({ directory }) => join(directory, "vmail")) as [string, string];
  await copyByPeer(bench, "rsync", target);
  const { own } = await copyByMailferry(bench, ownTarget);
  return { rooms, target, own };
}

/** A first copy that was made, and proved to be whole. */
interface FirstCopy {
  readonly name: string;
  readonly shown: string;
  readonly reading: Timed;
}

function freshRoom({ directory, images }: Bench, name: string): Room {
  const room = makeRoom(join(directory, name), images);
  execFileSync("sync");
  return room;
}

async function copyByPeer(bench: Bench, who: "tar" | "rsync", target: string): Promise<FirstCopy> {
  const { sides, source, directory } = bench;
  const [name, command] =
    who === "tar"
      ? ["tar | ssh | tar", tarCommand(sides.old, source, target)]
      : ["rsync", rsyncCommand(sides.old, source, target, [])];
  mkdirSync(target);
  const reading = await runPeer(command, directory);
  requireSameTree(name, source, target, "times");
  return { name, shown: command.shown, reading };
}

async function copyByMailferry(bench: Bench, target: string): Promise<FirstCopy & { own: OwnPath }> {
  const own: OwnPath = { directory: join(bench.directory, "mailferry"), source: bench.source, target };
  prepareOwnPath(own, bench.sides);
  forgetPasses(own);
  const reading = await runStage(own, "hot-copy");
  requireSameTree("Mailferry", bench.source, own.target, "content");
  return { name: "Mailferry", shown: commandOf("hot-copy"), reading, own };
}

function rotated<Item>(items: readonly Item[], by: number): readonly Item[] {
  const at = by % items.length;
  return [...items.slice(at), ...items.slice(0, at)];
}
