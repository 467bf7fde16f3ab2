import { join } from "node:path";
import type { Bench } from "./bench.ts";
import { changeMessages } from "./changes.ts";
import { makeRoom } from "./image.ts";
import { changedShare, clockMovedOn } from "./last-pass.ts";
import { commandOf, type OwnPath, prepareOwnPath, runLastPass, runStage } from "./mailferry.ts";
import { createRandom } from "./random.ts";
import { readThrough } from "./read-through.ts";
import { requireSameTree } from "./same-tree.ts";
import { type Volume, writeVolume } from "./volume.ts";

/** As many mailboxes twice, with ten times the messages in the second; the same number of changes in both. */
export async function passLargeFolders(bench: Bench): Promise<void> {
  const { mailboxes, messages } = bench.size;
  const changes = Math.round(messages * changedShare);
  const room = makeRoom(join(bench.directory, "large-folders"), bench.images);
  const kinds = [
    ["Mailferry", 10],
    ["Mailferry, ten times the messages", 1],
  ] as const;
  const all: { peer: string; own: OwnPath; volume: Volume }[] = [];
  for (const [peer, divisor] of kinds) {
    const source = join(room.directory, `old-${divisor}`, "vmail");
    const target = join(room.directory, `new-${divisor}`, "vmail");
    const size = { mailboxes: Math.ceil(mailboxes / 10), messages: messages / divisor, medianBytes: 500 };
    const volume = writeVolume(source, size, createRandom(divisor));
    const own: OwnPath = { directory: join(bench.directory, `large-folders-${divisor}`), source, target };
    prepareOwnPath(own, bench.sides);
    await clockMovedOn();
    await runStage(own, "hot-copy");
    all.push({ peer, own, volume });
  }
  for (let round = 0; round < bench.rounds; round += 1) {
    for (const { peer, own, volume } of all) {
      const reading = await runLastPass(own, async () => {
        changeMessages(volume, changes, bench.random);
        await clockMovedOn();
        readThrough(own.source, own.target);
      });
      bench.book.add("folders", peer, commandOf("last-pass"), reading);
      requireSameTree(peer, own.source, own.target, "times");
    }
  }
  for (const { peer, own } of all) requireSameTree(peer, own.source, own.target, "content");
  room.drop();
}
