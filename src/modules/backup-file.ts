import type { HostWriter } from "../contract/host.ts";

/** Keeps a copy of a file beside it, with the time in its name; gives back the copy's path. */
export async function keepBackup(path: string, host: HostWriter): Promise<string> {
  const copy = `${path}.${new Date().toISOString().replaceAll(/[:.]/g, "-")}~`;
  await host.run(["cp", "-p", "--", path, copy]);
  return copy;
}
