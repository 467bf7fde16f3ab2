import type { BatchSize } from "../language/model/playbook.ts";

/**
 * The hosts of a play, cut into its batches (`serial`). The last size counts for all batches that follow; of a per
 * cent value, which is one of all hosts, at least one host is left.
 */
export function batchesOf(
  hosts: readonly string[],
  serial: readonly BatchSize[],
): readonly (readonly string[])[] {
  const batches: (readonly string[])[] = [];
  let begun = 0;
  while (begun < hosts.length) {
    const size = serial[batches.length] ?? serial.at(-1);
    const count = size === undefined ? hosts.length : countOf(size, hosts.length);
    batches.push(hosts.slice(begun, begun + count));
    begun += count;
  }
  return batches;
}

function countOf(size: BatchSize, all: number): number {
  const count = "percent" in size ? Math.floor((size.percent / 100) * all) : size.hosts;
  return Math.max(1, count);
}
