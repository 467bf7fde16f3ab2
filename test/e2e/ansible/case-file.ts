import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";

export type Order = "by task" | "by host" | "exact";

/** A small playbook that Ansible and Mailferry both run as it is. */
export interface Case {
  readonly name: string;
  readonly file: string;
  /** The keywords, flags and patterns that it shows to mean the same: "play serial", "flag --limit". */
  readonly shows: readonly string[];
  /** More words for both command lines. */
  readonly flags: readonly string[];
  /** What of the order counts: of tasks (hosts run side by side), of tasks on each host alone, or all of it. */
  readonly order: Order;
}

/** The directory of the cases. */
export const casesDirectory = join(import.meta.dirname, "cases");

/** Every case, from the playbooks of the directory and the comments that they begin with. */
export function readCases(): readonly Case[] {
  const files = readdirSync(casesDirectory).filter((name) => name.endsWith(".yml"));
  return files.sort().map((name) => readCase(join(casesDirectory, name)));
}

function readCase(file: string): Case {
  const text = readFileSync(file, "utf8");
  const said = (word: string) => new RegExp(`^# ${word}: (.+)$`, "m").exec(text)?.[1]?.trim();
  return {
    name: basename(file, ".yml"),
    file,
    shows: (said("Shows") ?? "").split(";").flatMap(wordsOf),
    flags: said("Flags")?.split(" ") ?? [],
    order: (said("Order") as Order | undefined) ?? "by task",
  };
}

/** "play serial, order" are two words of a play. A comma inside of a pattern belongs to it. */
function wordsOf(group: string): string[] {
  const [, kind = "", list = ""] = /^\s*(\S+) (.+)$/.exec(group) ?? [];
  return list.split(", ").map((word) => `${kind} ${word.trim()}`);
}
