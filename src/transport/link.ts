import type { Duplex, Readable, Writable } from "node:stream";

/** A shell just started on a host: a channel over ssh, or a child process on this machine. */
export interface ShellProcess {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves when the shell itself has ended; what it started may still hold its outputs. */
  readonly exited: Promise<void>;
  /** Resolves when it is over and both outputs have ended, for whatever reason. */
  readonly closed: Promise<void>;
  /** Lets go of it at once; what it started may go on running. */
  destroy(): void;
}

/** The environment that a login shell is started with, so that what it and sudo say can be understood. */
export const loginEnvironment = { LC_ALL: "C" };

/** The way to one host, for as long as it holds. */
export interface Link {
  /** False once it was lost or closed; it never comes back, a new one is made. */
  readonly alive: boolean;
  /** Hands a command line to the login shell. `spare` takes one of the channels kept back for ending commands. Throws LinkLost. */
  start(commandLine: string, options?: { readonly spare?: boolean }): Promise<ShellProcess>;
  /** A byte stream to an address that the host can reach. Throws LinkLost or the host's refusal. */
  forward(address: string, port: number): Promise<Duplex>;
  close(): void;
}
