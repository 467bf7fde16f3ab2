import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Failure } from "../contract/errors.ts";
import { isAlive } from "./file-lock.ts";
import { waitForBoot } from "./host-health.ts";
import { mountHost, startHost } from "./host-process.ts";
import { labFilesIn } from "./identity.ts";
import { ensureImage, type ImageOptions } from "./image.ts";
import { type Lab, openLab } from "./lab.ts";
import { labDown } from "./lab-down.ts";
import { type HostRoots, type LabRole, labRoles } from "./lab-hosts.ts";
import type { LabImage } from "./lab-image.ts";
import { makeNetwork } from "./network.ts";
import { labCache } from "./paths.ts";
import { prepareHosts } from "./prepare-hosts.ts";
import { checkRequirements } from "./requirements.ts";
import { imagesOf, scenarioNamed, usualScenario } from "./scenarios/scenarios.ts";
import { checkLabName, type LabState, labPrefix, readLabState, writeLabState } from "./state.ts";

export interface LabUpOptions {
  /** 1 to 24 small letters, digits and hyphens. */
  readonly name: string;
  /** The name of what will be rehearsed on it; the move from Bullseye to Trixie when left out. */
  readonly scenario?: string | undefined;
  /** Where the lab's keys, inventory and hosts are kept; below the cache when left out. It is removed by `labDown`. */
  readonly directory?: string | undefined;
  /** Where images and state files are kept. */
  readonly cache?: string | undefined;
  /** Gives each host a disk of its own (3 GB, ext4), so that it can be full. Such a host takes no snapshot. */
  readonly ownDisks?: boolean | undefined;
  /** Mailferry gets in as a user whom sudo lets become root, in place of root itself. */
  readonly isWithoutRootLogin?: boolean | undefined;
  readonly onProgress?: ((message: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Leave a lab that did not come up as it is, to look into it. */
  readonly keepOnFailure?: boolean | undefined;
}

/**
 * Boots a fresh pair of mail servers and their name server. Images that the cache lacks are built first, which
 * takes minutes; after that it is a matter of seconds. What was begun is removed again when it fails.
 */
export async function labUp(options: LabUpOptions): Promise<Lab> {
  const { name, scenario = usualScenario, cache = labCache(), onProgress = () => {}, signal } = options;
  checkLabName(name);
  const images = imagesOf(scenario);
  await checkRequirements();
  await refuseExisting(cache, name);
  const layers = await ensureImages(images, { cache, onProgress, signal });
  const state: LabState = {
    version: 2,
    name,
    scenario,
    namespace: `${labPrefix}${name}`,
    directory: resolve(options.directory ?? join(cache, "labs", name)),
    createdAt: new Date().toISOString(),
    startedBy: process.pid,
    layers,
    ownDisks: options.ownDisks,
    isWithoutRootLogin: options.isWithoutRootLogin,
  };
  // Written before anything is made, so that a crash leaves nothing that nobody knows of.
  await writeLabState(cache, state);
  try {
    await bootHosts(state, onProgress, signal);
    await writeLabState(cache, { ...state, startedBy: undefined });
  } catch (error) {
    if (options.keepOnFailure !== true) await labDown(name, cache);
    throw error;
  }
  return openLab(name, cache);
}

/** A lab that is up stays; the remains of one whose maker died are removed. */
async function refuseExisting(cache: string, name: string): Promise<void> {
  const state = await readLabState(cache, name);
  if (state === undefined) return;
  if (state.startedBy !== undefined && !isAlive(state.startedBy)) return labDown(name, cache);
  const doing = state.startedBy === undefined ? "already up" : `being started by process ${state.startedBy}`;
  throw new Failure("refused", `the lab ${name} is ${doing}`, { next: `mailferry lab down ${name}` });
}

async function ensureImages(
  images: Readonly<Record<LabRole, LabImage>>,
  options: ImageOptions,
): Promise<LabState["layers"]> {
  const layers = labRoles.map(async (role) => [role, await ensureImage(images[role], options)] as const);
  return Object.fromEntries(await Promise.all(layers)) as LabState["layers"];
}

async function bootHosts(
  state: LabState,
  onProgress: (message: string) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  await mkdir(state.directory, { recursive: true, mode: 0o700 });
  await makeNetwork(state.namespace);
  const roots = Object.fromEntries(
    await Promise.all(labRoles.map(async (role) => [role, await mountHost(state, role)] as const)),
  ) as HostRoots;
  const { directory, isWithoutRootLogin } = state;
  const scenario = scenarioNamed(state.scenario);
  await prepareHosts({ scenario, files: labFilesIn(directory), isWithoutRootLogin }, directory, roots);
  onProgress(`booting ${labRoles.join(", ")}`);
  for (const role of labRoles) await startHost(state, role);
  const boots = await Promise.allSettled(labRoles.map((role) => waitForBoot(state, role, { signal })));
  const failures = boots.flatMap((boot) => (boot.status === "rejected" ? [boot.reason as unknown] : []));
  if (failures.length > 0) throw failures[0];
}
