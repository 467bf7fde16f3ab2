import { cp, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type LabCa, makeCa } from "./certificates.ts";
import {
  type HostFile,
  identityFiles,
  loginFiles,
  loginUser,
  resolvConf,
  rootLoginFile,
} from "./host-files.ts";
import {
  type DkimKey,
  makeDkimKeys,
  makeHostKeys,
  makeLoginKey,
  makeTsigKey,
  writeKnownHosts,
} from "./identity.ts";
import { type InventoryLab, renderInventory } from "./inventory-file.ts";
import { type HostRoots, type LabRole, labHosts } from "./lab-hosts.ts";
import { renderNamedConfig, zoneDirectory, zoneFileName } from "./named-config.ts";
import { runCommand } from "./run-command.ts";
import { writeHostFiles } from "./write-host-files.ts";
import { renderZones } from "./zones.ts";

/**
 * Gives a lab its keys, certificates, zones and inventory: the files that people use into `directory`, the hosts'
 * parts into their roots.
 */
export async function prepareHosts(
  { scenario, files, isWithoutRootLogin }: InventoryLab,
  directory: string,
  roots: HostRoots,
): Promise<void> {
  const tsigKey = makeTsigKey();
  const dkimKeys = makeDkimKeys();
  const loginKey = await makeLoginKey(files.keyFile);
  await writeFile(files.tsigKeyFile, tsigKey, { mode: 0o600 });
  await writeFile(files.resolvConf, resolvConf());
  await writeFile(files.inventoryFile, renderInventory({ scenario, files, isWithoutRootLogin }));
  for (const role of ["old", "new", "dns"] as const) {
    await writeHostFiles(roots[role], identityFiles(labHosts[role]));
  }
  for (const root of [roots.old, roots.new]) await letIn(root, loginKey, isWithoutRootLogin);
  await writeHostFiles(roots.dns, [rootLoginFile(loginKey)]);
  await writeHostFiles(roots.dns, nameServerFiles(dkimKeys, tsigKey));
  const ca = await makeCa(directory);
  await trustCa(ca, roots);
  await scenario.installKeys({ roots, dkimKeys, ca });
  await writeKnownHosts(files.knownHostsFile, {
    old: await installHostKeys(directory, roots.old, "old"),
    new: await installHostKeys(directory, roots.new, "new"),
  });
  await scenario.equipController?.(files);
}

/** Lets the controller in, as the inventory says. */
async function letIn(root: string, loginKey: string, isWithoutRootLogin: boolean | undefined): Promise<void> {
  if (isWithoutRootLogin !== true) return writeHostFiles(root, [rootLoginFile(loginKey)]);
  const words = ["--system", "--create-home", "--shell", "/bin/sh", "--user-group", loginUser];
  await runCommand(["chroot", root, "useradd", ...words]);
  await writeHostFiles(root, loginFiles(loginKey));
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

/** Both hosts trust the lab's authority. */
async function trustCa(ca: LabCa, roots: HostRoots): Promise<void> {
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
