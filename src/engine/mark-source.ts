import { dirname } from "node:path/posix";
import { copiedFromFile } from "../contract/copied-from.ts";
import type { HostWriter } from "../contract/host.ts";

/** Marks a host as the one that mail is copied from, before the first byte is read. */
export async function markSource(source: HostWriter, since: Date): Promise<void> {
  if ((await source.stat(copiedFromFile)) !== undefined) return;
  await source.run(["install", "-d", "-m", "0700", "--", dirname(copiedFromFile)]);
  await source.writeFile(copiedFromFile, `${since.toISOString()}\n`, { mode: "0600" });
}
