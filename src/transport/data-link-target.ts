import { Failure } from "../contract/errors.ts";
import type { HostReader, HostWriter } from "../contract/host.ts";

export interface LinkKeyRequest {
  readonly migration: string;
  /** Names the link among those of the migration; hexadecimal. */
  readonly id: string;
  readonly sourcePort: number;
  readonly hostKeys: readonly string[];
  readonly ciphers: readonly string[];
  /** The key that the source's sshd takes. */
  readonly keyType: KeyType;
}

export type KeyType = "ed25519" | "ecdsa";

export interface LinkKey {
  /** Type and base64. */
  readonly publicKey: string;
  /** For rsync's `--rsh`. It goes over the connection that `standing` made, as long as that stands. */
  readonly remoteShell: string;
  /** The same for a connection that stays for others when its own command has ended. */
  readonly standing: string;
}

/** Makes the link's key on the target, unless it is there, and pins the source's host keys. */
export async function prepareLinkKey(target: HostWriter, request: LinkKeyRequest): Promise<LinkKey> {
  if (request.hostKeys.length === 0) {
    throw new Failure("task-failed", "the source shows no public host keys to pin", { host: target.name });
  }
  const directory = `${await linksDirectory(target, request.migration)}/${request.id}`;
  if (/[^A-Za-z0-9_./@+-]/.test(directory)) {
    throw new Failure("bad-input", `${directory} can't be given to rsync's --rsh`, { host: target.name });
  }
  const knownHosts = request.hostKeys.map((key) => `${hostAlias} ${key}\n`).join("");
  const { stdout } = await target.run(["/bin/sh", "-c", keyScript, "sh", directory, request.keyType], {
    stdin: knownHosts,
  });
  const [publicKey = "", fast] = stdout.toString("utf8").split("\n");
  const gcm = fast === fastCipher && request.ciphers.includes(fastCipher) ? ["-c", fastCipher] : [];
  const shared = sharedOptions(directory);
  const shell = [
    "ssh",
    ...sshOptions(directory, request.keyType),
    ...gcm,
    "-p",
    String(request.sourcePort),
    ...shared,
  ];
  const standing = shared.length === 0 ? shell : [...shell, ...standingOptions];
  return {
    publicKey: publicKey.split(" ").slice(0, 2).join(" "),
    remoteShell: shell.join(" "),
    standing: standing.join(" "),
  };
}

/** Ends the standing connections of all links of a migration, and removes their keys. */
export async function forgetLinks(target: HostWriter, migration: string): Promise<void> {
  const directory = await linksDirectory(target, migration);
  await target.run(["/bin/sh", "-c", forgetScript, "sh", directory]);
}

async function linksDirectory(target: HostReader, migration: string): Promise<string> {
  const script =
    'if [ "$(id -u)" = 0 ]; then echo /var/lib/mailferry; else echo "${XDG_STATE_HOME:-$HOME/.local/state}/mailferry"; fi';
  const { stdout } = await target.probe(["/bin/sh", "-c", script]);
  return `${stdout.toString("utf8").trimEnd()}/${migration}/links`;
}

/** Nothing of the target's own ssh configuration, known hosts, agent or keys takes part. */
function sshOptions(directory: string, keyType: KeyType): string[] {
  const options = [
    `HostKeyAlias=${hostAlias}`,
    `UserKnownHostsFile=${directory}/known_hosts`,
    "GlobalKnownHostsFile=/dev/null",
    "StrictHostKeyChecking=yes",
    "UpdateHostKeys=no",
    "IdentitiesOnly=yes",
    "IdentityAgent=none",
    "BatchMode=yes",
    "ForwardAgent=no",
    "ClearAllForwardings=yes",
    "ConnectTimeout=20",
    "ServerAliveInterval=10",
    "ServerAliveCountMax=3",
  ];
  return ["-F", "none", "-i", `${directory}/id_${keyType}`, ...options.flatMap((option) => ["-o", option])];
}

/** Where a connection can be found that stands already; nowhere when the socket's path would be too long for one. */
function sharedOptions(directory: string): string[] {
  const path = `${directory}/${socketName}`;
  return path.length > socketPathAtMost ? [] : ["-o", `ControlPath=${path}`];
}

const socketName = "connection";

/** A socket's path has 108 bytes, and ssh puts 17 of its own behind it for a moment. */
const socketPathAtMost = 90;

/** Only what tries the link makes a connection that stays: one made by a job would end with the job. */
const standingOptions = ["-o", "ControlMaster=auto", "-o", "ControlPersist=300"];

/** The name the source's keys stand under, whatever address it is reached at. */
const hostAlias = "mailferry-source";

/** The quickest cipher where the processor knows AES; both sides must have it. */
const fastCipher = "aes128-gcm@openssh.com";

const keyScript = `set -eu
umask 077
mkdir -p -- "$1"
exec 9<"$1"
flock -w 20 9
cat >"$1/known_hosts.new"
mv -f -- "$1/known_hosts.new" "$1/known_hosts"
key=$1/id_$2
if [ ! -s "$key" ] || [ ! -s "$key.pub" ]; then
  rm -f -- "$key" "$key.pub"
  ssh-keygen -q -t "$2" -N '' -C '' -f "$key"
fi
cat -- "$key.pub"
! grep -qwi aes /proc/cpuinfo || ssh -Q cipher | grep -x ${fastCipher} || :`;

const forgetScript = `for socket in "$1"/*/${socketName}; do
  [ ! -S "$socket" ] || ssh -F none -O exit -S "$socket" ${hostAlias} >/dev/null 2>&1
done
rm -rf -- "$1"`;
