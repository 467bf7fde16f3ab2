import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, connect as dial, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { HostSpec } from "../../contract/connection.ts";

/**
 * A real sshd on the loopback with a machine-id and files of its own: /etc, /root, /home, /var/lib, /run and /dev/shm are laid over or emptied in a mount
 * namespace, processes are in a namespace too. Nothing of the machine is changed, and nothing is left when it ends.
 */
export interface PrivateHost {
  readonly port: number;
  readonly directory: string;
  /** A private key that every user takes. */
  readonly keyFile: string;
  /** known_hosts with the right keys, for `127.0.0.1` and this port. */
  readonly knownHostsFile: string;
  /** Public host keys by type. */
  readonly hostKeys: Readonly<Record<"ed25519" | "rsa", string>>;
  spec(changes?: Partial<HostSpec>): HostSpec;
  stop(): Promise<void>;
}

export interface PrivateHostOptions {
  /** Shell lines run as root before sshd starts: users, start files. */
  readonly prepare?: string;
  /** Lines of sshd_config. */
  readonly config?: string;
}

export async function startPrivateHost({
  prepare = "",
  config = "",
}: PrivateHostOptions = {}): Promise<PrivateHost> {
  if (!existsSync("/usr/sbin/sshd")) throw new Error("these tests need sshd: apt-get install openssh-server");
  const directory = mkdtempSync(join(tmpdir(), "mailferry-sshd-"));
  const keyFile = makeKey(directory, "user", "ed25519");
  const hostKeys = {
    ed25519: publicKey(makeKey(directory, "host_ed25519", "ed25519")),
    rsa: publicKey(makeKey(directory, "host_rsa", "rsa")),
  };
  writeFileSync(join(directory, "authorized_keys"), `${publicKey(keyFile)}\n`);
  writeFileSync(join(directory, "start"), startScript(directory, prepare));
  chmodSync(directory, 0o755);
  const { port, child, ended } = await startSshd(directory, config);
  const knownHostsFile = join(directory, "known_hosts");
  writeFileSync(knownHostsFile, `[127.0.0.1]:${port} ${hostKeys.ed25519}\n`);
  return {
    port,
    directory,
    keyFile,
    knownHostsFile,
    hostKeys,
    spec: (changes = {}) => ({
      name: "host",
      connection: "ssh",
      address: "127.0.0.1",
      port,
      user: "root",
      keyFile,
      knownHostsFile,
      sshConfigFile: "none",
      ...changes,
    }),
    async stop() {
      child.kill("SIGKILL");
      await ended;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** A TCP relay before an sshd, to cut links with. */
export interface Relay {
  readonly port: number;
  /** Resets all connections; new ones are taken again. */
  cut(): void;
  /** Takes no connections until `open`. */
  shut(): void;
  open(): void;
  readonly connections: number;
  stop(): Promise<void>;
}

export async function startRelay(target: number): Promise<Relay> {
  const sockets = new Set<Socket>();
  let taking = true;
  let connections = 0;
  const server = createServer((socket) => {
    socket.on("error", () => {});
    if (!taking) {
      socket.resetAndDestroy();
      return;
    }
    connections += 1;
    const onward = dial(target, "127.0.0.1");
    onward.on("error", () => socket.destroy());
    socket.once("close", () => onward.destroy());
    onward.once("close", () => socket.destroy());
    socket.pipe(onward).pipe(socket);
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  const port = await listen(server);
  const cut = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return {
    port,
    cut,
    shut: () => {
      taking = false;
      cut();
    },
    open: () => {
      taking = true;
    },
    get connections() {
      return connections;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        cut();
      }),
  };
}

/** Waits until `met` holds. */
export async function until(met: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 6000; tries += 1) {
    if (await met()) return;
    await wait(10);
  }
  throw new Error("the awaited condition did not come true within 60 s");
}

/** Makes a key pair and returns the private key's path. */
export function makeKey(directory: string, name: string, type: string, passphrase = ""): string {
  const file = join(directory, name);
  execFileSync("ssh-keygen", [
    "-q",
    "-t",
    type,
    ...(type === "rsa" ? ["-b", "2048"] : []),
    "-a",
    "1",
    "-N",
    passphrase,
    "-C",
    "",
    "-f",
    file,
  ]);
  return file;
}

export function publicKey(keyFile: string): string {
  return readFileSync(`${keyFile}.pub`, "utf8").trim();
}

function sshdConfig(directory: string, port: number, more: string): string {
  return [
    `Port ${port}`,
    "ListenAddress 127.0.0.1",
    `HostKey ${directory}/host_ed25519`,
    `HostKey ${directory}/host_rsa`,
    `AuthorizedKeysFile .ssh/authorized_keys ${directory}/authorized_keys`,
    "StrictModes no",
    "PidFile none",
    "PermitRootLogin yes",
    "PasswordAuthentication no",
    "KbdInteractiveAuthentication no",
    "UsePAM no",
    "LogLevel INFO",
    "MaxStartups 100",
    more,
    "",
  ].join("\n");
}

function startScript(directory: string, prepare: string): string {
  mkdirSync(join(directory, "layers"));
  return `set -e
mount -t tmpfs tmpfs ${directory}/layers
for of in etc root home var/lib; do
  name=$(echo "$of" | tr / -)
  mkdir -p "${directory}/layers/$name" "${directory}/layers/$name.work"
  mount -t overlay overlay -o "lowerdir=/$of,upperdir=${directory}/layers/$name,workdir=${directory}/layers/$name.work" "/$of"
done
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /dev/shm
mkdir -p /run/sshd
rm -rf /root/.ssh /root/.bashrc /etc/ssh/ssh_host_*
cp ${directory}/host_ed25519.pub /etc/ssh/ssh_host_ed25519_key.pub
tr -d - </proc/sys/kernel/random/uuid >/etc/machine-id
${prepare}
exec /usr/sbin/sshd -D -e -f ${directory}/sshd_config
`;
}

interface Sshd {
  readonly port: number;
  readonly child: ChildProcess;
  readonly ended: Promise<void>;
}

/** On a port that is free; between asking for one and listening another process may take it, then the next is tried. */
async function startSshd(directory: string, config: string): Promise<Sshd> {
  for (let tries = 0; tries < 20; tries += 1) {
    const port = await freePort();
    writeFileSync(join(directory, "sshd_config"), sshdConfig(directory, port, config));
    // Ends with the test process, however that one ends.
    const child = spawn("setpriv", [
      ...["--pdeathsig", "KILL", "unshare"],
      ...["--mount", "--propagation", "slave", "--pid", "--fork", "--kill-child", "--mount-proc"],
      ...["/bin/sh", join(directory, "start")],
    ]);
    const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
    let said = "";
    const listens = new Promise<"listens">((resolve) => {
      child.stderr.on("data", (chunk: Buffer) => {
        said += chunk.toString("utf8");
        if (said.includes(`Server listening on 127.0.0.1 port ${port}.`)) resolve("listens");
      });
    });
    if ((await Promise.race([listens, ended])) === "listens") return { port, child, ended };
    if (!said.includes("Address already in use")) throw new Error(`the private sshd did not start: ${said}`);
  }
  throw new Error("the private sshd found no free port");
}

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
}
