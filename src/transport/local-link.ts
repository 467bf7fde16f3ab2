import { spawn } from "node:child_process";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { LinkLost } from "./errors.ts";
import { type Link, loginEnvironment, type ShellProcess } from "./link.ts";
import type { Environment } from "./local-program.ts";

/** This machine as a host: each command is a child process. */
export class LocalLink implements Link {
  readonly #environment: Environment;
  #alive = true;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  get alive(): boolean {
    return this.#alive;
  }

  async start(commandLine: string): Promise<ShellProcess> {
    if (!this.#alive) throw new LinkLost("the connection is closed", true);
    // `detached` gives it a process group of its own, so that all it started can be ended.
    const child = spawn("/bin/sh", ["-c", commandLine], {
      env: { ...this.#environment, ...loginEnvironment },
      detached: true,
      stdio: "pipe",
    });
    const failed = new Promise<never>((_resolve, reject) => child.once("error", reject));
    const spawned = new Promise<void>((resolve) => child.once("spawn", resolve));
    await Promise.race([spawned, failed]).catch((error: unknown) => {
      throw new LinkLost(`no shell could be started: ${(error as Error).message}`, true, error);
    });
    const { stdin, stdout, stderr } = child;
    const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
    const destroy = (): void => {
      for (const stream of [stdin, stdout, stderr]) stream.destroy();
    };
    return { stdin, stdout, stderr, exited, closed, destroy };
  }

  forward(address: string, port: number): Promise<Duplex> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: address, port, noDelay: true });
      socket.once("connect", () => resolve(socket)).once("error", reject);
    });
  }

  close(): void {
    this.#alive = false;
  }
}
