import type { Json, JsonObject } from "./json.ts";

/** What a finished command left behind. A command killed by signal N has exit code 128 + N, as in the shell. */
export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

export interface RunOptions {
  /** Bytes for the command's standard input; without it the input is empty. */
  readonly stdin?: Buffer | string | undefined;
  /** Environment variables set for this command alone. They are visible in /proc on the host: never a secret. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** The command starts in this directory, or does not start at all. */
  readonly directory?: string | undefined;
  /** Milliseconds after which the command is ended; the host's default otherwise. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Exit codes that are not an error; default `[0]`. `"any"` hands every code back. */
  readonly accept?: readonly number[] | "any" | undefined;
  /** Streams standard output here in place of collecting it (collected output is capped at 16 MiB). */
  readonly onStdout?: ((chunk: Buffer) => void) | undefined;
  /** Shows standard output here as it comes; it is collected all the same. */
  readonly onOutput?: ((chunk: Buffer) => void) | undefined;
}

/** One entry of a file system, as lstat sees it. */
export interface FileStat {
  readonly path: string;
  readonly type: "file" | "directory" | "link" | "other";
  readonly sizeBytes: number;
  /** Permission bits as four octal digits, for instance "0644". */
  readonly mode: string;
  readonly uid: number;
  readonly gid: number;
  readonly owner: string;
  readonly group: string;
  /** Seconds since 1970. */
  readonly modifiedAt: number;
  /** Where a symbolic link points. */
  readonly target?: string | undefined;
}

/** One entry of a file system, and what a file holds. */
export interface FileEntry {
  readonly stat: FileStat;
  /** undefined when it is no file. */
  readonly content: Buffer | undefined;
}

/** What is known of a host, gathered in one round trip. Plain JSON, so that conditions and templates can read it. */
export interface HostFacts extends JsonObject {
  /** The host's name up to the first dot. */
  readonly hostname: string;
  /** The host's name as `uname -n` tells it. */
  readonly nodename: string;
  readonly fqdn: string;
  /** `fqdn` behind its first dot; empty when there is none. */
  readonly domain: string;
  readonly machine_id: string;
  readonly kernel: string;
  readonly architecture: string;
  /** `ID` of os-release, for instance "debian". */
  readonly distribution: string;
  /** `VERSION_ID` of os-release, for instance "13". */
  readonly distribution_version: string;
  /** `VERSION_CODENAME` of os-release, for instance "trixie". */
  readonly distribution_codename: string;
  /** "systemd", "sysvinit" (Debian's init scripts) or "other". */
  readonly init: string;
  readonly user: string;
  readonly uid: number;
  /** Seconds since 1970 on the host, with a fraction. */
  readonly clock: number;
  /** Host minus controller, in seconds; positive when the host is ahead. */
  readonly clock_skew: number;
  readonly processors: number;
  readonly memory_bytes: number;
  readonly memory_free_bytes: number;
  readonly swap_bytes: number;
  readonly swap_free_bytes: number;
  readonly interfaces: readonly string[];
  /** By interface: device, macaddress, mtu, type, active, ipv4, ipv4_secondaries and ipv6. */
  readonly interface_details: JsonObject;
  /** The address that the host speaks to the world with: address, prefix, netmask, network, broadcast, interface, gateway, macaddress, mtu, type. Empty without a route. */
  readonly default_ipv4: JsonObject;
  /** The same of IPv6: address, prefix, scope, interface, gateway, macaddress, mtu, type. */
  readonly default_ipv6: JsonObject;
  readonly all_ipv4_addresses: readonly string[];
  readonly all_ipv6_addresses: readonly string[];
  /** What is mounted: mount, device, fstype, options, size_total, size_available (bytes) and uuid. */
  readonly mounts: readonly JsonObject[];
  /** Versions of the programs that were found: postfix, dovecot, mariadb, mysql, redis, rspamd, rsync, openssh, python3, perl. */
  readonly versions: Readonly<Record<string, string>>;
}

/** A TCP port on the controller that leads, through the host, to an address the host can reach. */
export interface Tunnel {
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

/**
 * A host that can only be looked at. What a module's `check` gets, so that check mode can't be forgotten. What `stat`,
 * `readFile`, `readText` and `lookAt` are asked for at the same moment (`Promise.all`) is one round trip.
 */
export interface HostReader {
  /** The inventory's name for the host. */
  readonly name: string;
  /** The address other hosts reach it at, without a port. */
  readonly address: string;
  readonly facts: HostFacts;

  /** Runs a command that only looks. Throws CommandFailed for an exit code that `accept` doesn't name, OutcomeUnknown when the link is lost. */
  probe(argv: readonly string[], options?: RunOptions): Promise<CommandResult>;
  /** undefined when there is nothing at that path. */
  stat(path: string): Promise<FileStat | undefined>;
  /** The file's bytes, or undefined when there is no such file. At most 16 MiB. */
  readFile(path: string): Promise<Buffer | undefined>;
  /** The file as UTF-8 text, or undefined when there is no such file. Invalid UTF-8 is an error. */
  readText(path: string): Promise<string | undefined>;
  /** What is at a path, with the bytes of a file (at most 16 MiB), in one round trip. Links are not followed. */
  lookAt(path: string): Promise<FileEntry | undefined>;
  /** Finds the facts out anew, in one round trip; `facts` stays what was found when the host was reached. */
  gatherFacts(): Promise<HostFacts>;
  /** Opens a way from the controller through this host to `address:port` (for the probes of mail services). */
  openTunnel(address: string, port: number): Promise<Tunnel>;
}

export interface WriteOptions {
  /** Four octal digits; an existing file keeps its mode without it, a new one gets 0644. */
  readonly mode?: string | undefined;
  readonly owner?: string | undefined;
  readonly group?: string | undefined;
}

/** Long work on a host that outlives the connection that started it. */
export interface JobSpec {
  /** A word for people and for the unit's name, for instance "rsync". */
  readonly name: string;
  readonly argv: readonly string[];
  readonly stdin?: Buffer | undefined;
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /**
   * It ends when its run is stopped at once, in place of going on: work that nobody's downtime waits for, and of which a later
   * run does what is left.
   */
  readonly endsWithRun?: boolean | undefined;
  /** Whole lines of the job's standard output as they appear; carriage returns end a line too (rsync's progress). */
  readonly onLine?: ((line: string) => void) | undefined;
  readonly accept?: readonly number[] | "any" | undefined;
}

/** A host that can be changed. What a module's `apply` gets. */
export interface HostWriter extends HostReader {
  /** Runs a command that may change the host. Errors as `probe`. */
  run(argv: readonly string[], options?: RunOptions): Promise<CommandResult>;
  /** Replaces a file whole, by a temporary file beside it and a rename; the directory must exist. */
  writeFile(path: string, content: Buffer | string, options?: WriteOptions): Promise<void>;
  /**
   * Runs a job to its end: started detached, followed, attached again after a lost link or by the next
   * controller process. Throws CommandFailed as `run` does.
   */
  runJob(spec: JobSpec): Promise<CommandResult>;
}

/** A value that a task or a host is known by in templates and conditions. */
export type Variables = Readonly<Record<string, Json>>;
