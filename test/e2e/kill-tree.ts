import { readFileSync } from "node:fs";

/** kill -9 for a process and all below it: the one that enters the lab's network, and Mailferry itself. */
export function killTree(pid: number | undefined): void {
  signalTree(pid, "SIGKILL");
}

/** Sends a signal to a process and all below it. One that has ended by itself needs none. */
export function signalTree(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) throw new Error("the process never started");
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
    for (const child of children === "" ? [] : children.split(" ")) signalTree(Number(child), signal);
    process.kill(pid, signal);
  } catch (error) {
    if (!["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
}
