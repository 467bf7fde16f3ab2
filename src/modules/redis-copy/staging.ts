import { Failure } from "../../contract/errors.ts";
import type { HostReader, HostWriter } from "../../contract/host.ts";
import type { ApplyContext } from "../../contract/module.ts";
import { findProgramScript } from "../find-program.ts";
import { sleep } from "../sleep.ts";
import { withCleanUp } from "../with-clean-up.ts";
import { ask, type RedisAddress, tell } from "./client.ts";
import { type Digests, takeDigests } from "./digest.ts";

/**
 * Loads a dump into a Redis of its own on that host, on a socket that only root reaches, and sums it up. So the proof
 * comes before the service is touched: this version can load it, and nothing else writes there meanwhile.
 */
export async function digestDump(
  host: HostWriter,
  directory: string,
  file: string,
  { signal, notice }: Pick<ApplyContext, "signal" | "notice">,
): Promise<Digests> {
  const redis = { socket: "staging.sock", directory };
  await endStaging(host, directory);
  await host.run(["sh", "-c", startScript, "redis-server", file], { directory });
  const work = async () => {
    await untilLoaded(host, redis, signal, () => failedToLoad(host, directory));
    return takeDigests(host, redis, signal);
  };
  return withCleanUp(work, () => endStaging(host, directory), notice);
}

/** Waits until a Redis answers and has its data in memory. */
export async function untilLoaded(
  host: HostReader,
  redis: RedisAddress,
  signal: AbortSignal,
  failure: (said: string) => Promise<Failure>,
): Promise<void> {
  const deadline = Date.now() + longestLoadMs;
  let connectedBy = Date.now() + longestStartMs;
  for (;;) {
    const said = await ask(host, redis, ["PING"], { signal }).catch((error: unknown) => {
      if (error instanceof Failure && error.kind === "task-failed") return error.message;
      throw error;
    });
    if (said === "PONG") return;
    if (said.includes("LOADING")) connectedBy = deadline;
    if (Date.now() > connectedBy) throw await failure(said);
    await sleep(200, signal);
  }
}

const longestStartMs = 20_000;
const longestLoadMs = 900_000;

/** `timeout` ends it when nobody comes back to do so. */
const startScript = `${findProgramScript("redis-server", "valkey-server")}
umask 077
setsid timeout 3600 "$program" --port 0 --unixsocket staging.sock --dir . --dbfilename "$1" \\
  --save "" --appendonly no </dev/null >staging.log 2>&1 &`;

async function endStaging(host: HostWriter, directory: string): Promise<void> {
  const socket = `${directory}/staging.sock`;
  if ((await host.stat(socket)) === undefined) return;
  const redis = { socket: "staging.sock", directory };
  // A server that obeys closes the connection without a reply; one that is gone doesn't answer either.
  await tell(host, redis, ["SHUTDOWN", "NOSAVE"]).catch((error: unknown) => {
    if (!(error instanceof Failure) || error.kind !== "task-failed") throw error;
  });
  await host.run(["rm", "-f", "--", socket]);
}

async function failedToLoad(host: HostWriter, directory: string): Promise<Failure> {
  const log = (await host.readText(`${directory}/staging.log`)) ?? "";
  const told = log.trim().split("\n").slice(-3).join("\n");
  return new Failure("task-failed", `Redis on ${host.name} can't load old's dump: ${told}`, {
    host: host.name,
    next: "Nothing was put in place. Install a Redis on new that is at least as new as old's.",
  });
}
