import { execFileSync } from "node:child_process";
import { rsyncRules } from "./peers.ts";

/** Who did less than the work was not fast: throws when rsync would still do anything, by times and sizes or by content. */
export function requireSameTree(who: string, source: string, target: string, by: "times" | "content"): void {
  const options = ["-an", ...(by === "content" ? ["-c"] : []), "--delete", "--omit-dir-times", "-i"];
  const left = execFileSync("rsync", [...options, ...rsyncRules, `${source}/`, `${target}/`], {
    encoding: "utf8",
    maxBuffer: 1 << 30,
  });
  if (left !== "") throw new Error(`${who} left ${target} different:\n${left.slice(0, 2000)}`);
}
