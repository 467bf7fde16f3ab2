import { Failure } from "../../contract/errors.ts";
import type { HostReader } from "../../contract/host.ts";
import type { LedgerHash } from "../../mail/ledger.ts";
import { hashesByRate, hashProgramName } from "./scan-script.ts";

/** The fastest hash that all of the hosts have a program for. */
export async function fastestHash(hosts: readonly HostReader[]): Promise<LedgerHash> {
  const found = await Promise.all(
    hosts.map(async (host) => {
      const script = 'for p do if command -v "$p" >/dev/null; then echo "$p"; fi; done';
      const { stdout } = await host.probe(["sh", "-c", script, "sh", ...hashesByRate.map(hashProgramName)]);
      return new Set(stdout.toString("utf8").split("\n"));
    }),
  );
  const fastest = hashesByRate.find((hash) => found.every((programs) => programs.has(hashProgramName(hash))));
  if (fastest !== undefined) return fastest;
  throw new Failure("task-failed", "no program for hashes is on all of the hosts", {
    next: "Install coreutils (sha256sum) there, or take hash: none.",
  });
}
