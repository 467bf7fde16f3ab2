import { CommandFailed } from "../../contract/errors.ts";
import type { CommandResult, HostWriter } from "../../contract/host.ts";
import type { ApplyContext } from "../../contract/module.ts";
import { sleep } from "../sleep.ts";

/** How long another apt or dpkg (unattended upgrades, mostly) is waited for. */
const lockPatienceMs = 5 * 60_000;
const lockRetryMs = 5_000;

const settings = [
  ...["--yes", "--quiet", "--option=Dpkg::Use-Pty=0"],
  // What a person has changed in /etc stays as it is, and dpkg asks nobody.
  ...["--option=Dpkg::Options::=--force-confdef", "--option=Dpkg::Options::=--force-confold"],
];

const environment = {
  LC_ALL: "C",
  DEBIAN_FRONTEND: "noninteractive",
  APT_LISTCHANGES_FRONTEND: "none",
  NEEDRESTART_MODE: "l",
};

/** Runs apt-get as a job. While another apt holds the lock it waits. Throws CommandFailed. */
export async function aptGet(
  words: readonly string[],
  host: HostWriter,
  context: ApplyContext,
): Promise<CommandResult> {
  const argv = ["apt-get", ...settings, ...words];
  const onLine = (text: string): void => context.progress({ text });
  const giveUpAt = performance.now() + lockPatienceMs;
  for (;;) {
    const result = await host.runJob({ name: `apt-${words[0]}`, argv, environment, accept: "any", onLine });
    if (result.exitCode === 0) return result;
    const isLocked = /Could not get lock|Unable to (lock|acquire)/.test(result.stderr.toString("utf8"));
    if (!isLocked || performance.now() > giveUpAt) throw new CommandFailed(argv, result, { host: host.name });
    context.progress({ text: "waiting for another apt to end" });
    await sleep(lockRetryMs, context.signal);
  }
}
