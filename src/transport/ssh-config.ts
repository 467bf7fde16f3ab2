import { Failure } from "../contract/errors.ts";
import type { RunOpenSsh } from "./local-program.ts";

/** What OpenSSH would use for one destination, from its configuration files and defaults. */
export interface SshSettings {
  readonly hostName: string;
  readonly port: number;
  readonly user: string;
  readonly identityFiles: readonly string[];
  readonly identitiesOnly: boolean;
  /** A socket's path, "none", or "SSH_AUTH_SOCK"; undefined when nothing is said. */
  readonly identityAgent: string | undefined;
  readonly proxyJump: string | undefined;
  readonly proxyCommand: string | undefined;
  readonly hostKeyAlias: string | undefined;
  readonly knownHostsFiles: readonly string[];
}

/** A destination as a person names it; what is left out comes from ssh_config. */
export interface Destination {
  readonly address: string;
  readonly port?: number | undefined;
  readonly user?: string | undefined;
}

/** What `ssh -G` told of a destination. */
export interface ToldSettings {
  readonly settings: SshSettings;
  /** The configuration files that were read; undefined when it didn't say. */
  readonly readFiles: readonly string[] | undefined;
}

/** Asks `ssh -G`, which knows Include, Match and tokens. Throws Failure when ssh refuses the destination or the file. */
export async function askSsh(
  destination: Destination,
  configFile: string | undefined,
  openSsh: RunOpenSsh,
): Promise<ToldSettings> {
  // With -v it names the files that it reads.
  const argv = ["-v", "-G"];
  if (configFile !== undefined) argv.push("-F", configFile);
  if (destination.port !== undefined) argv.push("-p", String(destination.port));
  if (destination.user !== undefined) argv.push("-l", destination.user);
  const { exitCode, stdout, stderr } = await openSsh("ssh", [...argv, "--", destination.address]);
  if (exitCode !== 0) {
    const said = stderr.replace(/^(OpenSSH_|debug\d: ).*\n?/gm, "").trim();
    throw new Failure("bad-input", `ssh can't make sense of ${destination.address}: ${said}`, {
      next: "Look at the host's address in the inventory, and at your ssh_config.",
    });
  }
  return { settings: parseSshSettings(stdout), readFiles: readFilesIn(stderr) };
}

function readFilesIn(said: string): string[] | undefined {
  if (!/^OpenSSH_/m.test(said)) return undefined;
  return [...said.matchAll(/^debug1: Reading configuration data (.*?)\r?$/gm)].map(([, file]) => file ?? "");
}

/** Reads the output of `ssh -G`: one lower-case keyword and its value a line. */
export function parseSshSettings(text: string): SshSettings {
  const values = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    const space = line.indexOf(" ");
    if (space < 0) continue;
    const keyword = line.slice(0, space);
    values.set(keyword, [...(values.get(keyword) ?? []), line.slice(space + 1)]);
  }
  const first = (keyword: string): string | undefined => values.get(keyword)?.[0];
  const named = (keyword: string): string | undefined =>
    first(keyword) === "none" ? undefined : first(keyword);
  return {
    hostName: first("hostname") ?? "",
    port: Number(first("port") ?? 22),
    user: first("user") ?? "",
    identityFiles: values.get("identityfile") ?? [],
    identitiesOnly: first("identitiesonly") === "yes",
    identityAgent: first("identityagent"),
    proxyJump: named("proxyjump"),
    proxyCommand: named("proxycommand"),
    hostKeyAlias: named("hostkeyalias"),
    knownHostsFiles: [...filesOf(first("userknownhostsfile")), ...filesOf(first("globalknownhostsfile"))],
  };
}

/** `[user@]host[:port]`, with brackets round an IPv6 address, as in ProxyJump; `ssh://` may stand before it. */
export function parseDestination(text: string): Destination {
  const match = destinationPattern.exec(text.trim());
  const address = match?.groups?.bracketed ?? match?.groups?.plain;
  if (address === undefined || address.startsWith("-")) {
    throw new Failure("bad-input", `${JSON.stringify(text)} is not a jump host`, {
      next: "Write it as user@host:port, with brackets round an IPv6 address.",
    });
  }
  const port = match?.groups?.port;
  return { address, user: match?.groups?.user, port: port === undefined ? undefined : Number(port) };
}

function filesOf(value: string | undefined): string[] {
  return (value ?? "").split(" ").filter((file) => file !== "" && file !== "none");
}

const destinationPattern =
  /^(?:ssh:\/\/)?(?:(?<user>[^@\s]+)@)?(?:\[(?<bracketed>[^\]\s]+)\]|(?<plain>[^:@\s/[\]]+))(?::(?<port>\d+))?\/?$/;
