import type { HostReader } from "../../contract/host.ts";

/** Whether a host is further away than on the same network: there it pays to pack what is some MiB. */
export async function isFar(host: HostReader): Promise<boolean> {
  const asked = performance.now();
  await host.probe(["true"]);
  return performance.now() - asked > farMs;
}

const farMs = 8;
