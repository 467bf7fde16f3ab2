import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { DelayLine } from "../common/delay-line.ts";
import { startFarm } from "../common/farm.ts";
import type { FarmHost, Site } from "../common/site.ts";

/** Where Mailferry keeps on a host what it has to know there. */
export const stateOnHosts = "/var/lib/mailferry";

/** One side as it is logged in to. */
export interface Side extends FarmHost {
  readonly keyFile: string;
  readonly knownHostsFile: string;
}

/** The old and the new host: both are this machine, each has its sshd. */
export interface Sides {
  readonly old: Side;
  readonly new: Side;
}

/** A side that can be stopped. */
export interface StartedSide extends Side {
  stop(): Promise<void>;
}

/** Starts the host that is pulled from; with a line it is at the far end. */
export async function startOld(directory: string, line?: DelayLine): Promise<StartedSide> {
  const farm = await startFarm({
    count: 1,
    directory,
    prefix: [...(line?.prefix ?? []), ...asAnotherMachine(`${directory}-machine-id`)],
    ...(line === undefined ? {} : { addressOf: () => line.farAddress }),
  });
  // A data link asks sshd itself where keys stand and which host keys it has.
  copyFileSync(join(directory, "sshd_config_host1"), "/etc/ssh/sshd_config");
  const side = { ...sideOf(farm.site, "mail-old"), stop: farm.stop };
  await answering(side);
  return side;
}

/** Starts the host that pulls, which is where the controller is, too. */
export async function startNew(directory: string): Promise<StartedSide> {
  // A data link names the address that new comes from: on the loopback that is this one.
  const farm = await startFarm({ count: 1, directory, addressOf: () => "127.0.0.1", firstPort: 2300 });
  return { ...sideOf(farm.site, "mail-new"), stop: farm.stop };
}

/**
 * Words before a command that let it see another machine's identity and an empty state of Mailferry's. File systems that
 * are mounted later show up there, too.
 */
function asAnotherMachine(machineId: string): string[] {
  writeFileSync(machineId, `${randomBytes(16).toString("hex")}\n`);
  mkdirSync(stateOnHosts, { recursive: true });
  execFileSync("mount", ["--make-rshared", "/"]);
  const script = `mount --bind "$1" /etc/machine-id && mount -t tmpfs tmpfs ${stateOnHosts} && shift && exec "$@"`;
  return ["unshare", "--mount", "--propagation", "slave", "/bin/sh", "-c", script, "sh", machineId];
}

function sideOf({ hosts, keyFile, knownHostsFile }: Site, name: string): Side {
  return { ...(hosts[0] as FarmHost), name, keyFile, knownHostsFile };
}

/** The words of an ssh to a side, as root and with the quickest cipher: what a data link takes, too. */
export function sshTo({ address, port, keyFile, knownHostsFile }: Side): { argv: string[]; remote: string } {
  const options = [
    "-F",
    "none",
    "-i",
    keyFile,
    "-o",
    `UserKnownHostsFile=${knownHostsFile}`,
    "-o",
    "BatchMode=yes",
  ];
  return {
    argv: ["ssh", ...options, "-c", "aes128-gcm@openssh.com", "-p", String(port)],
    remote: `root@${address}`,
  };
}

async function answering(side: Side): Promise<void> {
  const { argv, remote } = sshTo(side);
  const [program = "", ...words] = [...argv, remote, "true"];
  for (let tries = 0; ; tries += 1) {
    try {
      execFileSync(program, words, { stdio: "pipe" });
      return;
    } catch (error) {
      if (tries === 50) throw error;
      await wait(50);
    }
  }
}
