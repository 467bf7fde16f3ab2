import { Failure } from "../../contract/errors.ts";
import type { HostWriter } from "../../contract/host.ts";
import { sleep } from "../sleep.ts";
import { ask, tell } from "./client.ts";
import type { RedisServer } from "./server.ts";

/**
 * Has Redis write its dump and copies it to `path`, for a later save may replace the dump at any time. Saves in the
 * background, so that Redis goes on serving; in the foreground where the host has no memory for that.
 */
export async function saveDump(
  host: HostWriter,
  { address, dataDirectory, dumpFile }: RedisServer,
  path: string,
  signal: AbortSignal,
): Promise<void> {
  if (!(await saveInBackground(host, address, signal))) await tell(host, address, ["SAVE"], signal);
  await host.run(["cp", "--", `${dataDirectory}/${dumpFile}`, path], { signal, timeoutMs: longestSaveMs });
  await host.run(["chmod", "0600", "--", path]);
}

const longestSaveMs = 900_000;

async function saveInBackground(
  host: HostWriter,
  address: RedisServer["address"],
  signal: AbortSignal,
): Promise<boolean> {
  await untilSaved(host, address, signal);
  try {
    await tell(host, address, ["BGSAVE"], signal);
  } catch (error) {
    if (error instanceof Failure && /fork|Can't BGSAVE/i.test(error.message)) return false;
    throw error;
  }
  return untilSaved(host, address, signal);
}

/** Waits until no save is under way; false when the last one failed. */
async function untilSaved(
  host: HostWriter,
  address: RedisServer["address"],
  signal: AbortSignal,
): Promise<boolean> {
  const deadline = Date.now() + longestSaveMs;
  while (Date.now() < deadline) {
    const info = await ask(host, address, ["INFO", "persistence"], { signal });
    if (/^rdb_bgsave_in_progress:0/m.test(info)) return /^rdb_last_bgsave_status:ok/m.test(info);
    await sleep(200, signal);
  }
  throw new Failure(
    "task-failed",
    `Redis on ${host.name} is still saving after ${longestSaveMs / 60_000} minutes`,
    {
      host: host.name,
      next: "See what holds it up (slow disk, little memory), then run the stage again.",
    },
  );
}
