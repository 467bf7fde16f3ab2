import type { Bench } from "./bench.ts";
import type { WorkId } from "./figures.ts";
import type { OwnPath } from "./mailferry.ts";
import { commandOf, runStage, type Stage } from "./mailferry.ts";
import { findCommand, hashCommand, type PeerCommand, runPeer } from "./peers.ts";
import { readThrough } from "./read-through.ts";

/** Measures the proof that both sides hold the same messages. */
export async function prove(bench: Bench, own: OwnPath): Promise<void> {
  const kinds: readonly (readonly [WorkId, string, PeerCommand, Stage])[] = [
    ["proof", "find | sort, twice, and cmp", findCommand(own.source, own.target), "proof"],
    ["hashes", "sha256sum under xargs -P", hashCommand(own.source, own.target), "proof-with-hashes"],
  ];
  for (const [work, peer, command, stage] of kinds) {
    if (!bench.measures(work)) continue;
    for (let round = 0; round < bench.rounds; round += 1) {
      readThrough(own.source, own.target);
      bench.book.add(work, peer, command.shown, await runPeer(command, bench.directory));
      readThrough(own.source, own.target);
      bench.book.add(work, "Mailferry", commandOf(stage), await runStage(own, stage));
    }
  }
}
