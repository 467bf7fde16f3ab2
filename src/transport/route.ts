import type { HostSpec } from "../contract/connection.ts";
import { Failure } from "../contract/errors.ts";
import type { Credentials } from "./authentication.ts";
import type { FindKnownKeys } from "./find-known-keys.ts";
import { type KnownKeys, knownHostName } from "./known-hosts.ts";
import type { Environment } from "./local-program.ts";
import { type Destination, parseDestination, type SshSettings } from "./ssh-config.ts";
import type { SettingsOf } from "./ssh-settings.ts";

/** What the transport knows of this machine and its user; only the command line reads it from the process. */
export interface ControllerFacts {
  readonly environment: Environment;
  readonly homeDirectory: string;
}

/** One sshd on the way to a host. */
export interface Hop {
  /** For people: the inventory's name, or the jump host's. */
  readonly label: string;
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly knownKeys: KnownKeys;
  readonly credentials: Credentials;
}

/** What OpenSSH's own files say. */
export interface OpenSshFiles {
  readonly settingsOf: SettingsOf;
  readonly findKnownKeys: FindKnownKeys;
}

/** Resolves a host's settings and those of its jump hosts; the host itself comes last. Throws Failure for a loop. */
export async function resolveRoute(
  spec: HostSpec,
  controller: ControllerFacts,
  openSsh: OpenSshFiles,
): Promise<readonly Hop[]> {
  return routeTo(spec, {
    spec,
    controller,
    openSsh,
    label: spec.name,
    jump: spec.jump,
    target: true,
    seen: [],
  });
}

interface Leg {
  readonly spec: HostSpec;
  readonly controller: ControllerFacts;
  readonly openSsh: OpenSshFiles;
  readonly label: string;
  /** Jump hosts named for this leg; undefined leaves it to ssh_config, "none" takes none. */
  readonly jump: string | undefined;
  readonly target: boolean;
  readonly seen: readonly string[];
}

async function routeTo(destination: Destination, leg: Leg): Promise<readonly Hop[]> {
  const { spec, openSsh } = leg;
  const settings = await openSsh.settingsOf(destination, spec.sshConfigFile);
  const self = `${settings.user}@${settings.hostName}:${settings.port}`;
  refuseUnsupported(settings, leg, self);
  const jumps = jumpList(leg.jump ?? settings.proxyJump);
  const before: Hop[] = [];
  for (const [index, jump] of jumps.entries()) {
    // Only the first jump host may have jump hosts of its own: the others are reached from the one before.
    const next = {
      ...leg,
      label: `${leg.label} (jump host ${jump})`,
      target: false,
      seen: [...leg.seen, self],
    };
    before.push(
      ...(await routeTo(parseDestination(jump), { ...next, jump: index === 0 ? undefined : "none" })),
    );
  }
  return [...before, await hopTo(settings, destination, leg)];
}

function refuseUnsupported(settings: SshSettings, leg: Leg, self: string): void {
  const host = leg.spec.name;
  if (leg.seen.includes(self)) {
    throw new Failure("bad-input", `the jump hosts go in a circle: ${[...leg.seen, self].join(" → ")}`, {
      host,
      next: "Take one of them out of 'jump', or out of ProxyJump in your ssh_config.",
    });
  }
  if (settings.proxyCommand !== undefined && settings.proxyJump === undefined && leg.jump === undefined) {
    throw new Failure(
      "bad-input",
      `ssh_config wants a ProxyCommand for ${self}, which Mailferry does not run`,
      {
        host,
        next: "Use ProxyJump in ssh_config, or 'jump' in the inventory ('jump: none' goes straight).",
      },
    );
  }
}

function jumpList(jump: string | undefined): string[] {
  return jump === undefined || jump === "none" ? [] : jump.split(",").map((part) => part.trim());
}

async function hopTo(settings: SshSettings, destination: Destination, leg: Leg): Promise<Hop> {
  const { spec, controller, openSsh } = leg;
  const files = spec.knownHostsFile === undefined ? settings.knownHostsFiles : [spec.knownHostsFile];
  const name = settings.hostKeyAlias ?? knownHostName(settings.hostName, settings.port);
  const paths = files.map((file) => inHome(file, controller.homeDirectory));
  return {
    label: leg.label,
    address: settings.hostName === "" ? destination.address : settings.hostName,
    port: settings.port,
    user: settings.user,
    knownKeys: await openSsh.findKnownKeys(name, paths),
    credentials: credentialsFor(settings, leg),
  };
}

function credentialsFor(settings: SshSettings, { spec, controller, label, target }: Leg): Credentials {
  const home = controller.homeDirectory;
  const identities = settings.identityFiles.map((file) => inHome(file, home));
  const keyFile = spec.keyFile === undefined ? undefined : inHome(spec.keyFile, home);
  return {
    host: label,
    user: settings.user,
    keyFile: target ? keyFile : undefined,
    // A jump host may be offered the same key, which tells it nothing; never the host's password.
    identityFiles: target || keyFile === undefined ? identities : [keyFile, ...identities],
    keyPassphrase: spec.keyPassphrase,
    agentSocket: agentSocket(settings, controller),
    identitiesOnly: settings.identitiesOnly,
    password: target ? spec.password : undefined,
  };
}

function agentSocket(
  settings: SshSettings,
  { environment, homeDirectory }: ControllerFacts,
): string | undefined {
  const said = settings.identityAgent;
  if (said === "none") return undefined;
  if (said === undefined || said === "SSH_AUTH_SOCK") return environment.SSH_AUTH_SOCK;
  return said.startsWith("$") ? environment[said.slice(1)] : inHome(said, homeDirectory);
}

function inHome(path: string, home: string): string {
  return path.startsWith("~/") ? `${home}/${path.slice(2)}` : path;
}
