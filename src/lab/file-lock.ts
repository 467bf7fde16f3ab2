import { open, readFile, rm } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";

/**
 * Does `work` while no other process does it under the same lock file. Waits for a living holder; the lock of a
 * process that died is taken over.
 */
export async function withFileLock<T>(
  path: string,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  while (!(await takeLock(path))) {
    if (await holderIsGone(path)) await rm(path, { force: true });
    else await pause(200, undefined, signal === undefined ? {} : { signal });
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

async function takeLock(path: string): Promise<boolean> {
  try {
    const file = await open(path, "wx");
    await file.writeFile(`${process.pid}\n`);
    await file.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

async function holderIsGone(path: string): Promise<boolean> {
  const text = await readFile(path, "utf8").catch(() => "");
  // Empty for the moment between making the file and writing the id into it.
  return text !== "" && !isAlive(Number(text));
}

/** Whether a process of that id exists on this machine. */
export function isAlive(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
