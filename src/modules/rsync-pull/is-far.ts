import type { HostReader } from "../../contract/host.ts";

/**
 * Whether a host is further away than on the same network: there it pays to pack what is some MiB. A late answer is asked for once more:
 * distance makes every one late, a busy machine here and there one.
 */
export async function isFar(host: HostReader): Promise<boolean> {
  return (await isLate(host)) && (await isLate(host));
}

async function isLate(host: HostReader): Promise<boolean> {
  const asked = performance.now();
  await host.probe(["true"]);
  return performance.now() - asked > lateMs;
}

/** A shell on a host of the same network needs some five. */
const lateMs = 15;
