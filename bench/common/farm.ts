import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { farmUser } from "./namespace.ts";
import type { FarmHost, Site } from "./site.ts";

/** Some sshds that one user can log in to by key. */
export interface Farm {
  readonly site: Site;
  stop(): Promise<void>;
}

export interface FarmOptions {
  readonly count: number;
  readonly directory: string;
  /** The address of the host with this number; loopback addresses when not given. */
  readonly addressOf?: (index: number) => string;
  /** One sshd for all addresses in place of one each: for as many hosts as would not fit otherwise. */
  readonly shared?: boolean;
  /** The port of the first host, or of the shared sshd; 2200 when not given. */
  readonly firstPort?: number;
  /** Put before the sshd's command: enters another network namespace. */
  readonly prefix?: readonly string[];
}

/** Starts the farm; to be called inside the bench's own namespaces. */
export async function startFarm(options: FarmOptions): Promise<Farm> {
  const { count, directory, addressOf = loopbackAddress, shared = false, firstPort = 2200 } = options;
  mkdirSync(directory, { recursive: true });
  chmodSync(directory, 0o755);
  const keyFile = makeKey(directory, "user");
  writeFileSync(join(directory, "authorized_keys"), publicKey(keyFile));
  const hosts: FarmHost[] = [];
  const known: string[] = [];
  const children: ChildProcess[] = [];
  for (let index = 0; index < count; index += 1) {
    const port = shared ? firstPort : firstPort + index;
    const host = { name: `host${index + 1}`, address: addressOf(index), port };
    hosts.push(host);
    const hostKey =
      shared && index > 0 ? join(directory, "host_key_1") : makeKey(directory, `host_key_${index + 1}`);
    known.push(`[${host.address}]:${port} ${publicKey(hostKey)}`);
    if (shared && index > 0) continue;
    children.push(startSshd(directory, host, hostKey, options));
  }
  writeFileSync(join(directory, "known_hosts"), known.join(""));
  if (options.prefix === undefined) await Promise.all((shared ? hosts.slice(0, 1) : hosts).map(answering));
  const site: Site = {
    hosts,
    user: farmUser,
    keyFile,
    knownHostsFile: join(directory, "known_hosts"),
    target: join(directory, "hosts"),
    files: makeFiles(directory),
  };
  emptyTargets(site);
  return {
    site,
    async stop() {
      for (const child of children) child.kill("SIGTERM");
      await Promise.all(children.map((child) => new Promise((resolve) => child.once("exit", resolve))));
    },
  };
}

/** Makes each host's directory anew. */
export function emptyTargets({ target, hosts }: Site): void {
  execFileSync("rm", ["-rf", "--", target]);
  for (const { name } of hosts) mkdirSync(join(target, name), { recursive: true });
}

/** How many files of 2 KB there are to copy. */
export const copiedFiles = 20;

function makeFiles(directory: string): string {
  const files = join(directory, "files");
  mkdirSync(files, { recursive: true });
  for (let number = 1; number <= copiedFiles; number += 1) {
    writeFileSync(join(files, `file-${number}`), `${randomBytes(1023).toString("hex")}\n`);
  }
  return files;
}

function loopbackAddress(index: number): string {
  return `127.1.${Math.floor(index / 250)}.${(index % 250) + 1}`;
}

function startSshd(
  directory: string,
  { name, address, port }: FarmHost,
  hostKey: string,
  { shared = false, prefix = [] }: FarmOptions,
): ChildProcess {
  const file = join(directory, `sshd_config_${name}`);
  writeFileSync(
    file,
    [
      `Port ${port}`,
      `ListenAddress ${shared ? "0.0.0.0" : address}`,
      `HostKey ${hostKey}`,
      `AuthorizedKeysFile ${directory}/authorized_keys`,
      "StrictModes no",
      "PidFile none",
      "PasswordAuthentication no",
      "KbdInteractiveAuthentication no",
      "UsePAM no",
      "UseDNS no",
      "LogLevel FATAL",
      "MaxStartups 4000",
      "Subsystem sftp internal-sftp",
      "",
    ].join("\n"),
  );
  const [program = "", ...argv] = [...prefix, "/usr/sbin/sshd", "-D", "-e", "-f", file];
  return spawn(program, argv, { stdio: ["ignore", "ignore", "inherit"] });
}

function makeKey(directory: string, name: string): string {
  const file = join(directory, name);
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", file]);
  return file;
}

function publicKey(keyFile: string): string {
  return `${readFileSync(`${keyFile}.pub`, "utf8").trim()}\n`;
}

async function answering({ address, port }: FarmHost): Promise<void> {
  for (let tries = 0; tries < 500; tries += 1) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, address, () => {
        socket.destroy();
        resolve(true);
      });
      socket.once("error", () => resolve(false));
    });
    if (open) return;
    await wait(20);
  }
  throw new Error(`no sshd answers at ${address}:${port}`);
}
