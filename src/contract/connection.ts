import type { CommandResult, HostFacts, HostWriter, JobSpec } from "./host.ts";
import type { Secret } from "./secret.ts";

/** How to reach one host, as the inventory says it after its variables are rendered. */
export interface HostSpec {
  readonly name: string;
  readonly connection: "ssh" | "local";
  readonly address: string;
  /** TCP port of sshd; undefined leaves it to ssh_config, then 22. */
  readonly port?: number | undefined;
  readonly user?: string | undefined;
  readonly keyFile?: string | undefined;
  readonly keyPassphrase?: Secret | undefined;
  readonly password?: Secret | undefined;
  /** `user@host:port` of a jump host, or several with commas; undefined leaves it to ssh_config. */
  readonly jump?: string | undefined;
  /** A known_hosts file in place of the user's own. */
  readonly knownHostsFile?: string | undefined;
  /** An ssh_config file in place of the user's own; "none" reads none. */
  readonly sshConfigFile?: string | undefined;
}

/** Become another user with sudo (root when none is named). */
export interface Become {
  readonly user: string;
  readonly password?: Secret | undefined;
}

/** Detached work on a host, known by an id that outlives the controller. */
export interface JobHost {
  /** Starts it unless a job of that id exists already, in any state. Returns once it runs detached. */
  startJob(id: string, spec: JobSpec): Promise<void>;
  /** Follows it to its end; undefined when no job of that id exists. Reconnects by itself while the link is down, for at most `patienceMs`. */
  followJob(id: string, options: FollowOptions): Promise<CommandResult | undefined>;
  /** How far it is, without waiting; undefined when no job of that id exists. */
  lookAtJob(id: string): Promise<JobState | undefined>;
  /** Ends it, with all it started. */
  cancelJob(id: string): Promise<void>;
  /** Forgets a job that has ended: its directory goes. */
  removeJob(id: string): Promise<void>;
  /** Ids of all jobs the host knows of that begin with `prefix`. */
  listJobs(prefix: string): Promise<readonly string[]>;
}

/** How far a job is. */
export type JobState =
  | { readonly isRunning: true }
  | { readonly isRunning: false; readonly result: CommandResult };

export interface FollowOptions {
  readonly onLine?: ((line: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly patienceMs?: number | undefined;
}

/** A connection to one host. It is held for the whole run, and made again when it was lost. */
export interface HostConnection {
  readonly spec: HostSpec;
  /** The host as its login user, or as the user it becomes. `runJob` of this writer is plain: start, follow, remove under a fresh id. */
  as(become?: Become | undefined): Promise<HostWriter & JobHost>;
  /**
   * What the host was found to be when it was first asked, its user being the one who logs in. A host that is worked on as
   * another user is asked as that one, where no password is wanted: one login and one shell do for both.
   */
  facts(worker?: Become | undefined): Promise<HostFacts>;
  close(): Promise<void>;
}

/** Which facts a host is asked for when it is first reached. */
export interface WantedFacts {
  /** Without it `versions`, the network and `mounts` stay empty: to ask programs takes longer than all the rest. */
  readonly allFacts: boolean;
}

/** Makes connections. All facts are gathered unless less is wanted. Throws Unreachable with a named cause. */
export type Connect = (spec: HostSpec, signal: AbortSignal, wanted?: WantedFacts) => Promise<HostConnection>;
