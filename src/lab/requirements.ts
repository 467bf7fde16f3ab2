import { access, constants, readFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { Failure } from "../contract/errors.ts";
import { labPackagesFile } from "./paths.ts";

/** A program the lab runs on this machine, and the Debian package that brings it. */
const programs: Readonly<Record<string, string>> = {
  mmdebstrap: "mmdebstrap",
  "systemd-nspawn": "systemd-container",
  ip: "iproute2",
  nsenter: "util-linux",
  unshare: "util-linux",
  "ssh-keygen": "openssh-client",
  openssl: "openssl",
  nsupdate: "bind9-dnsutils",
};

/** The Debian packages a machine needs to run a lab (`scripts/lab-packages.txt`). */
export async function labPackages(): Promise<readonly string[]> {
  const text = await readFile(labPackagesFile(), "utf8");
  return text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
}

/** What keeps this machine from running a lab, one sentence each; empty when nothing does. */
export async function missingRequirements(): Promise<readonly string[]> {
  const missing: string[] = [];
  if (process.platform !== "linux") return ["a lab runs on Linux only"];
  if (process.getuid?.() !== 0) missing.push("a lab needs root (network namespaces, mounts, containers)");
  const packages = new Set<string>();
  for (const [program, debianPackage] of Object.entries(programs)) {
    if (!(await isInstalled(program))) packages.add(debianPackage);
  }
  if (packages.size > 0) missing.push(`Debian packages are missing: ${[...packages].join(" ")}`);
  if (!(await readFile("/proc/filesystems", "utf8")).includes("\toverlay") && !(await canLoadOverlay())) {
    missing.push("the kernel has no overlay file system");
  }
  return missing;
}

/** Throws a Failure that names all that is missing, and the command that helps. */
export async function checkRequirements(): Promise<void> {
  const missing = await missingRequirements();
  if (missing.length === 0) return;
  throw new Failure("bad-input", `this machine can't run a lab: ${missing.join("; ")}`, {
    next: `as root: apt-get install ${(await labPackages()).join(" ")}`,
  });
}

async function isInstalled(program: string): Promise<boolean> {
  const directories = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin"];
  for (const directory of directories) {
    if (await isAccessible(join(directory, program), constants.X_OK)) return true;
  }
  return false;
}

/** mount(2) loads the module by itself where there is one. */
async function canLoadOverlay(): Promise<boolean> {
  const release = (await readFile("/proc/sys/kernel/osrelease", "utf8")).trim();
  return isAccessible(`/lib/modules/${release}/kernel/fs/overlayfs`, constants.F_OK);
}

async function isAccessible(path: string, mode: number): Promise<boolean> {
  try {
    await access(path, mode);
    return true;
  } catch {
    return false;
  }
}
