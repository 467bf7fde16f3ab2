import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../contract/errors.ts";
import { destroyCgroup, makeCgroup } from "./cgroup.ts";
import { contentHash } from "./content-hash.ts";
import { withFileLock } from "./file-lock.ts";
import type { LabImage } from "./lab-image.ts";
import { makeDirectory, mountOverlay, unmountBelow } from "./mounts.ts";
import { forgetMachine, nspawnEnvironment, provisionArgv } from "./nspawn.ts";
import { labFiles } from "./paths.ts";
import { runCommand } from "./run-command.ts";

/** Read-only directories that make up a host's file system, the uppermost first. */
export type ImageLayers = readonly string[];

export interface ImageOptions {
  readonly cache: string;
  readonly onProgress: (message: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The layers of an image, built when the cache doesn't hold them. There are two, each named by a hash of what it is
 * made from: `base`, a Debian with the image's packages, which other images may have in common with it, and above it
 * what the image's provision script did.
 */
export async function ensureImage(image: LabImage, options: ImageOptions): Promise<ImageLayers> {
  const images = join(options.cache, "images");
  await mkdir(images, { recursive: true });
  const { name, suite } = image;
  const packages = await packageList(name);
  const hooks = image.baseHook === undefined ? [] : [join(labFiles(), image.baseHook)];
  const baseKey = await contentHash({ texts: [suite, ...packages], paths: hooks });
  const layerKey = await contentHash({
    texts: [baseKey],
    paths: [join(labFiles(), "common"), join(labFiles(), name)],
  });
  const base = join(images, `base-${suite}-${baseKey}`);
  const layer = join(images, `layer-${name}-${layerKey}`);
  await withFileLock(`${base}.lock`, options.signal, async () => {
    if (!existsSync(base)) await buildBase(suite, base, { ...options, packages, hooks });
  });
  await withFileLock(`${layer}.lock`, options.signal, async () => {
    if (!existsSync(layer)) await buildLayer(name, base, layer, options);
  });
  return [layer, base];
}

async function packageList(name: string): Promise<readonly string[]> {
  const text = await readFile(join(labFiles(), name, "packages.txt"), "utf8");
  return text.split("\n").filter((line) => line !== "");
}

interface BaseOptions extends ImageOptions {
  readonly packages: readonly string[];
  readonly hooks: readonly string[];
}

async function buildBase(suite: string, base: string, options: BaseOptions): Promise<void> {
  options.onProgress(`installing Debian ${suite} (once, some two minutes)`);
  const building = await makeBuildDirectory(base);
  try {
    await debootstrap(suite, building, options);
    await rename(building, base);
  } catch (error) {
    await rm(building, { recursive: true, force: true });
    throw error;
  }
}

async function debootstrap(suite: string, target: string, options: BaseOptions): Promise<void> {
  const failures: unknown[] = [];
  for (const mirror of await debianMirrors()) {
    try {
      await runCommand(debootstrapArgv(suite, mirror, target, options), { signal: options.signal });
      return;
    } catch (error) {
      failures.push(error);
      options.signal?.throwIfAborted();
      for (const entry of await readdir(target))
        await rm(join(target, entry), { recursive: true, force: true });
    }
  }
  throw failures[0];
}

/** Where this machine's own apt gets Debian from: what it reaches, the lab's hosts are made from. */
async function debianMirrors(): Promise<readonly string[]> {
  const argv = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"];
  const { stdout } = await runCommand(argv);
  const found = stdout
    .toString("utf8")
    .split("\n")
    .filter((uri) => /\/debian\/?$/.test(uri));
  if (found.length > 0) return [...new Set(found)];
  throw new Failure("bad-input", "apt on this machine knows no mirror of Debian", {
    next: "Add one to /etc/apt/sources.list.d, one whose path ends in /debian, and run apt-get update.",
  });
}

const withUsualUmask = ["sh", "-c", 'umask 022; exec "$@"', "sh"];

function debootstrapArgv(
  suite: string,
  mirror: string,
  target: string,
  { packages, hooks }: BaseOptions,
): readonly string[] {
  return [
    ...withUsualUmask,
    "mmdebstrap",
    "--quiet",
    "--mode=root",
    "--variant=minbase",
    "--dpkgopt=path-exclude=/usr/share/man/*",
    "--dpkgopt=path-exclude=/usr/share/doc/*",
    "--dpkgopt=path-exclude=/usr/share/locale/*",
    // What the archive had when the suite was closed carries an expired date.
    "--aptopt=Acquire::Check-Valid-Until false",
    `--include=${packages.join(",")}`,
    ...hooks.map((hook) => `--customize-hook=${hook}`),
    suite,
    target,
    `deb ${mirror} ${suite} main`,
  ];
}

async function buildLayer(name: string, base: string, layer: string, options: ImageOptions): Promise<void> {
  options.onProgress(`setting up a host for ${name} (once, less than a minute)`);
  const building = await makeBuildDirectory(layer);
  const root = join(building, "root");
  const machine = `mailferry-image-${process.pid}-${name}`;
  try {
    const upper = join(building, "upper");
    await mountOverlay({ lowers: [base], upper, work: join(building, "work"), target: root });
    const cgroups = await makeCgroup(machine);
    await runCommand(
      [join(labFiles(), "launch.sh"), ...cgroups, "--", ...provisionArgv(name, root, machine)],
      {
        environment: nspawnEnvironment,
        signal: options.signal,
      },
    );
    await unmountBelow(building);
    await rename(upper, layer);
  } finally {
    await destroyCgroup(machine);
    await forgetMachine(machine);
    await unmountBelow(building);
    await rm(building, { recursive: true, force: true });
  }
}

/** Holds what is not ready yet; whatever an interrupted build left there goes first. */
async function makeBuildDirectory(layer: string): Promise<string> {
  const directory = `${layer}.building`;
  await unmountBelow(directory);
  await rm(directory, { recursive: true, force: true });
  await makeDirectory(directory);
  return directory;
}
