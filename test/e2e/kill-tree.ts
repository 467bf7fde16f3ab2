import { readFileSync } from "node:fs";

/** kill -9 for a process and all below it: the one that enters the lab's network, and Mailferry itself. */
export function killTree(pid: number | undefined): void {
  if (pid === undefined) throw new Error("the process never started");
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  for (const child of children === "" ? [] : children.split(" ")) killTree(Number(child));
  process.kill(pid, "SIGKILL");
}
