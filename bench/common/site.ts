/** A host of the farm. */
export interface FarmHost {
  readonly name: string;
  readonly address: string;
  readonly port: number;
}

/** The farm as a peer sees it. Everybody logs in as `user` with the key and becomes root by sudo. */
export interface Site {
  readonly hosts: readonly FarmHost[];
  readonly user: string;
  readonly keyFile: string;
  readonly knownHostsFile: string;
  /** The directory whose `<host>/` the tasks write to. */
  readonly target: string;
  /** The files that are copied: `file-1` and so on. */
  readonly files: string;
}

/** A command to measure. */
export interface Attempt {
  readonly argv: readonly string[];
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Takes away what an earlier attempt left on this machine, so that none has a head start. */
  readonly clean?: () => Promise<void>;
}
