import { generateKeyPairSync, type KeyObject, randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type LabHostSpec, labHosts } from "./lab-hosts.ts";
import { runCommand } from "./run-command.ts";

/** Names of the files that a lab's directory offers to people and programs. */
export interface LabFiles {
  readonly keyFile: string;
  readonly knownHostsFile: string;
  readonly tsigKeyFile: string;
  readonly caFile: string;
  readonly inventoryFile: string;
  readonly resolvConf: string;
}

/** Where each of them is. */
export function labFilesIn(directory: string): LabFiles {
  return {
    keyFile: join(directory, "id_ed25519"),
    knownHostsFile: join(directory, "known_hosts"),
    tsigKeyFile: join(directory, "tsig.key"),
    caFile: join(directory, "ca.pem"),
    inventoryFile: join(directory, "inventory.yml"),
    resolvConf: join(directory, "resolv.conf"),
  };
}

/** A DKIM key of one domain. `record` is the public half as the TXT record wants it. */
export interface DkimKey {
  readonly domain: string;
  readonly selector: string;
  readonly privatePem: string;
  readonly record: string;
}

const dkimSelectors: Readonly<Record<string, string>> = {
  "example.org": "2021010101",
  "example.net": "2021020202",
  "mail.example.org": "opendkim",
};

/** Makes a DKIM key for every domain, with the selectors that the old servers have. */
export function makeDkimKeys(): readonly DkimKey[] {
  return Object.entries(dkimSelectors).map(([domain, selector]) => {
    const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const privatePem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    return { domain, selector, privatePem, record: `v=DKIM1; k=rsa; p=${base64Of(publicKey)}` };
  });
}

function base64Of(key: KeyObject): string {
  return key.export({ type: "spki", format: "der" }).toString("base64");
}

/** A key for dynamic updates, as BIND and nsupdate read it from a file. */
export function makeTsigKey(): string {
  const secret = randomBytes(32).toString("base64");
  return `key "mailferry-lab" {\n  algorithm hmac-sha256;\n  secret "${secret}";\n};\n`;
}

/** Makes root's key pair for the lab's hosts. Returns the public half. */
export async function makeLoginKey(keyFile: string): Promise<string> {
  await runCommand(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "mailferry-lab", "-f", keyFile]);
  return readFile(`${keyFile}.pub`, "utf8");
}

/** Makes a host's own SSH keys of all usual types in `directory`/etc/ssh. Returns that directory. */
export async function makeHostKeys(directory: string): Promise<string> {
  const keys = join(directory, "etc", "ssh");
  await mkdir(keys, { recursive: true, mode: 0o700 });
  await runCommand(["ssh-keygen", "-A", "-f", directory]);
  return keys;
}

/** Writes a known_hosts file with the keys of both mail servers, by name and by address. */
export async function writeKnownHosts(path: string, keys: { old: string; new: string }): Promise<void> {
  const lines = [
    ...(await knownHostsLines(labHosts.old, keys.old)),
    ...(await knownHostsLines(labHosts.new, keys.new)),
  ];
  await writeFile(path, `${lines.join("\n")}\n`);
}

async function knownHostsLines(host: LabHostSpec, keys: string): Promise<readonly string[]> {
  const names = [host.fqdn, host.address, host.address6].join(",");
  const types = ["ed25519", "ecdsa", "rsa"];
  return Promise.all(
    types.map(async (type) => {
      const [algorithm, key] = (await readFile(join(keys, `ssh_host_${type}_key.pub`), "utf8")).split(" ");
      return `${names} ${algorithm} ${key?.trim()}`;
    }),
  );
}
