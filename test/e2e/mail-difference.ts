import type { Lab } from "../../src/lab/lab.ts";
import { runCommand } from "../../src/lab/run-command.ts";
import { filterOptions, filterRules } from "../../src/modules/rsync-pull/filter-rules.ts";

/**
 * What a full rsync by content would still do to bring new's mail root to what old's is, a line each. Owners have other numbers on
 * both; and a new hard link comes as a file of its own, until a pass compares all.
 */
export async function mailDifference({ hosts }: Lab, root: string): Promise<string[]> {
  const { stdout } = await runCommand([
    ...["rsync", "-acHnO", "--no-owner", "--no-group", "--delete", "--out-format=%i %n"],
    ...filterOptions(filterRules({ maildir: true })),
    ...[`${hosts.old.root}${root}/`, `${hosts.new.root}${root}/`],
  ]);
  return String(stdout)
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("hf "));
}
