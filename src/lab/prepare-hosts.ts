import { cp, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { makeCa, makeLetsencrypt } from "./certificates.ts";
import { type HostFile, identityFiles, resolvConf } from "./host-files.ts";
import {
  type DkimKey,
  labFilesIn,
  makeDkimKeys,
  makeHostKeys,
  makeLoginKey,
  makeTsigKey,
  writeKnownHosts,
} from "./identity.ts";
import { renderInventory } from "./inventory-file.ts";
import { type LabRole, labHosts } from "./lab-hosts.ts";
import { makeDirectory } from "./mounts.ts";
import { renderNamedConfig, zoneDirectory, zoneFileName } from "./named-config.ts";
import { runCommand } from "./run-command.ts";
import { renderZones } from "./zones.ts";

/** Root directories of a lab's hosts, mounted and not yet booted. */
export type HostRoots = Readonly<Record<LabRole, string>>;

/**
 * Gives a lab its keys, certificates, zones and inventory: the files that people use into `directory`, the hosts'
 * parts into their roots.
 */
export async function prepareHosts(directory: string, roots: HostRoots): Promise<void> {
  const files = labFilesIn(directory);
  const tsigKey = makeTsigKey();
  const dkimKeys = makeDkimKeys();
  const loginKey = await makeLoginKey(files.keyFile);
  await writeFile(files.tsigKeyFile, tsigKey, { mode: 0o600 });
  await writeFile(files.resolvConf, resolvConf());
  await writeFile(files.inventoryFile, renderInventory(files));
  for (const role of ["old", "new", "dns"] as const) {
    await writeHostFiles(roots[role], identityFiles(labHosts[role], loginKey));
  }
  await writeHostFiles(roots.old, dkimFiles(dkimKeys));
  await writeHostFiles(roots.dns, nameServerFiles(dkimKeys, tsigKey));
  await installCertificates(directory, roots);
  await writeKnownHosts(files.knownHostsFile, {
    old: await installHostKeys(directory, roots.old, "old"),
    new: await installHostKeys(directory, roots.new, "new"),
  });
}

function dkimFiles(keys: readonly DkimKey[]): readonly HostFile[] {
  return keys.map(({ domain, selector, privatePem }) => ({
    path: `/var/lib/rspamd/dkim/${domain}.${selector}.key`,
    content: privatePem,
    mode: 0o400,
    owner: "_rspamd:_rspamd",
  }));
}

function nameServerFiles(dkimKeys: readonly DkimKey[], tsigKey: string): readonly HostFile[] {
  const zones = renderZones(dkimKeys);
  const owner = "bind:bind";
  const configurations = (["primary", "secondary"] as const).map((server) => ({
    path: `/etc/lab-named/${server}/named.conf`,
    content: renderNamedConfig(server, [...zones.keys()], tsigKey),
    mode: 0o640,
    owner,
  }));
  const zoneFiles = [...zones].map(([zone, content]) => ({
    path: `${zoneDirectory("primary")}/${zoneFileName(zone)}`,
    content,
    owner,
  }));
  return [...configurations, ...zoneFiles];
}

/** Old has certificates of the lab's authority; both hosts trust that authority. */
async function installCertificates(directory: string, roots: HostRoots): Promise<void> {
  const ca = await makeCa(directory);
  const letsencrypt = join(roots.old, "etc", "letsencrypt");
  await makeLetsencrypt(letsencrypt, ca);
  await runCommand(["chmod", "-R", "u=rwX,go=rX", letsencrypt]);
  for (const secret of ["archive", "live"]) await runCommand(["chmod", "0700", join(letsencrypt, secret)]);
  for (const root of [roots.old, roots.new]) {
    const bundle = join(root, "etc", "ssl", "certs", "ca-certificates.crt");
    await runCommand(["sh", "-euc", 'cat "$1" >> "$2"', "sh", ca.certificate, bundle]);
  }
}

/** Makes the host's SSH keys. Returns the directory that keeps copies of them. */
async function installHostKeys(directory: string, root: string, role: LabRole): Promise<string> {
  const keys = await makeHostKeys(join(directory, "host-keys", role));
  for (const name of await readdir(keys)) {
    await cp(join(keys, name), join(root, "etc", "ssh", name), { preserveTimestamps: true });
  }
  await runCommand([
    "sh",
    "-euc",
    'chmod 644 "$1"/ssh_host_*.pub; chmod 600 "$1"/ssh_host_*_key',
    "sh",
    join(root, "etc", "ssh"),
  ]);
  return keys;
}

async function writeHostFiles(root: string, files: readonly HostFile[]): Promise<void> {
  for (const { path, content, mode = 0o644, owner } of files) {
    const target = join(root, path);
    await makeDirectory(dirname(target));
    await rm(target, { force: true });
    await writeFile(target, content, { mode });
    await runCommand(["chmod", mode.toString(8), target]);
    if (owner === undefined) continue;
    // The name has to be looked up in the host's own passwd.
    await runCommand(["chroot", root, "chown", owner, path, dirname(path)]);
  }
}
