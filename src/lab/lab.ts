import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { CommandFailed, Failure } from "../contract/errors.ts";
import { findLeader, inHost } from "./enter-host.ts";
import { type Services, waitForBoot, whatRuns } from "./host-health.ts";
import { diskImage, hostDirectory, killHost, mountHost, startHost, stopHost } from "./host-process.ts";
import { type LabFiles, labFilesIn } from "./identity.ts";
import { type LabHostSpec, type LabRole, labHosts } from "./lab-hosts.ts";
import { setHostLink } from "./network.ts";
import { labCache, labFiles } from "./paths.ts";
import type { CommandOptions } from "./run-command.ts";
import type { LabScenario } from "./scenarios/scenario.ts";
import { scenarioNamed } from "./scenarios/scenarios.ts";
import { type LabState, readLabState, writeLabState } from "./state.ts";

/** What a command in a host left behind, as text. */
export interface ExecResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

export type ExecOptions = Pick<CommandOptions, "stdin" | "signal">;

/** One running host of a lab. */
export interface LabHost {
  readonly role: LabRole;
  /** Its full name, as in the inventory. */
  readonly name: string;
  readonly address: string;
  readonly address6: string;
  /** Its root directory as this machine sees it; good for looking, and for writing while the host is down. */
  readonly root: string;
  /** Runs a command inside, as root, without the network. Any exit code is handed back. */
  exec(argv: readonly string[], options?: ExecOptions): Promise<ExecResult>;
  /** The same; hands back standard output, and throws CommandFailed unless the exit code is 0. */
  run(argv: readonly string[], options?: ExecOptions): Promise<string>;
}

/** A lab that is up. */
export interface Lab {
  readonly name: string;
  readonly scenario: LabScenario;
  /** Mailferry gets in as a user whom sudo lets become root, in place of root itself. */
  readonly isWithoutRootLogin: boolean;
  /** The network namespace, as `ip netns` names it. */
  readonly namespace: string;
  readonly directory: string;
  readonly files: LabFiles;
  readonly hosts: { readonly old: LabHost; readonly new: LabHost; readonly dns: LabHost };
  /** The argv that runs `argv` on this machine, but in the lab's network and with its name server. */
  inNamespace(argv: readonly string[]): readonly string[];
  /** Pulls the network cable of a host, or puts it back. */
  hostLink(role: LabRole, state: "up" | "down"): Promise<void>;
  /** Restarts a host in order, and waits until it has booted and runs `services`: what ran before when left out. */
  reboot(role: LabRole, services?: Services): Promise<void>;
  /** Ends a host as a power cut does. `boot` brings it back with what is on its disk, and waits for `services`. */
  powerCut(role: LabRole): Promise<void>;
  boot(role: LabRole, services?: Services): Promise<void>;
  /** Makes what the host is now what `fresh` goes back to. The host restarts. */
  snapshot(role: LabRole): Promise<void>;
  /** Throws away all that changed on the host since the lab came up, or since the last snapshot. The host restarts. */
  fresh(role: LabRole): Promise<void>;
}

/** The lab of that name. Throws a Failure when there is none. */
export async function openLab(name: string, cache: string = labCache()): Promise<Lab> {
  const state = await readLabState(cache, name);
  if (state === undefined) {
    throw new Failure("bad-input", `there is no lab called ${name}`, { next: `mailferry lab up ${name}` });
  }
  return makeLab(state, cache);
}

function makeLab(first: LabState, cache: string): Lab {
  // Snapshots change the layers; everything else stays.
  let state = first;
  const host = (role: LabRole) => makeLabHost(state, labHosts[role]);
  const boot = async (role: LabRole, services?: Services) => {
    await mountHost(state, role);
    await startHost(state, role);
    await waitForBoot(state, role, { services });
  };
  return {
    name: state.name,
    scenario: scenarioNamed(state.scenario),
    isWithoutRootLogin: state.isWithoutRootLogin === true,
    namespace: state.namespace,
    directory: state.directory,
    files: labFilesIn(state.directory),
    hosts: { old: host("old"), new: host("new"), dns: host("dns") },
    inNamespace: (argv) => namespaceArgv(state, argv),
    hostLink: async (role, link) => setHostLink(state.namespace, await leaderOf(state, role), link),
    reboot: async (role, wanted) => {
      const leader = await leaderOf(state, role);
      // A service that is masked does not come back: only what runs now is waited for.
      const services = wanted ?? (await whatRuns(state, role));
      await inHost(state, role, ["systemctl", "reboot"], { accept: "any" });
      await waitForBoot(state, role, { exceptLeader: leader, services });
    },
    powerCut: (role) => killHost(state, role),
    boot,
    snapshot: async (role) => {
      if (state.ownDisks === true)
        throw new Failure("refused", "a host with a disk of its own takes no snapshot");
      await stopHost(state, role);
      state = await freezeUpperLayer(state, role);
      await writeLabState(cache, state);
      await boot(role);
    },
    fresh: async (role) => {
      await killHost(state, role);
      await rm(diskImage(state, role), { force: true });
      for (const part of ["upper", "work"]) {
        await rm(join(hostDirectory(state, role), part), { recursive: true, force: true });
      }
      await boot(role);
    },
  };
}

function makeLabHost(state: LabState, spec: LabHostSpec): LabHost {
  const exec = async (argv: readonly string[], options: ExecOptions = {}) =>
    inHost(state, spec.role, argv, { ...options, accept: "any" });
  return {
    role: spec.role,
    name: spec.fqdn,
    address: spec.address,
    address6: spec.address6,
    root: join(hostDirectory(state, spec.role), "root"),
    exec: async (argv, options) => {
      const { stdout, stderr, exitCode } = await exec(argv, options);
      return { stdout: stdout.toString("utf8"), stderr: stderr.toString("utf8"), exitCode };
    },
    run: async (argv, options) => {
      const result = await exec(argv, options);
      if (result.exitCode !== 0) throw new CommandFailed(argv, result, { host: spec.fqdn });
      return result.stdout.toString("utf8");
    },
  };
}

/** The argv that runs `argv` in a lab's network. */
export function namespaceArgv(state: LabState, argv: readonly string[]): readonly string[] {
  const { resolvConf } = labFilesIn(state.directory);
  return [join(labFiles(), "in-namespace.sh"), state.namespace, resolvConf, ...argv];
}

async function leaderOf(state: LabState, role: LabRole): Promise<number> {
  const leader = await findLeader(state, role);
  if (leader !== undefined) return leader;
  throw new Failure("unreachable", `the host ${role} of lab ${state.name} is not running`, { host: role });
}

/** The writable layer becomes one more read-only layer. */
async function freezeUpperLayer(state: LabState, role: LabRole): Promise<LabState> {
  const directory = hostDirectory(state, role);
  const layers = state.layers[role];
  const frozen = join(directory, "snapshots", String(layers.length));
  await mkdir(join(directory, "snapshots"), { recursive: true });
  await rename(join(directory, "upper"), frozen);
  await rm(join(directory, "work"), { recursive: true, force: true });
  return { ...state, layers: { ...state.layers, [role]: [frozen, ...layers] } };
}
