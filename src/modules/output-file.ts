import { closeSync, ftruncateSync, openSync, statfsSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { Failure } from "../contract/errors.ts";

/** What is free on the disk of a path, and what the disk has, in bytes. */
export type LookAtDisk = (path: string) => { readonly freeBytes: number; readonly sizeBytes: number };

/**
 * A file on the controller that takes what a host sends. One that sends without an end does not fill the disk: whenever so much
 * more has come, what is left is looked at.
 */
export class OutputFile {
  readonly #descriptor: number;
  readonly #requireRoom: (bytes: number) => void;

  /** `host` is who sends, for the message. */
  constructor(path: string, host?: string | undefined, look?: LookAtDisk) {
    this.#descriptor = openSync(path, "w", 0o600);
    this.#requireRoom = watchRoom(path, host, look);
  }

  /** Writes all of a piece; for `onStdout`. Throws a Failure, which ends the command, when the disk gets too full: the file is empty then. */
  readonly take = (bytes: Buffer): void => {
    try {
      this.#requireRoom(bytes.length);
    } catch (error) {
      ftruncateSync(this.#descriptor);
      throw error;
    }
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#descriptor, bytes, at);
  };

  close(): void {
    closeSync(this.#descriptor);
  }
}

/**
 * Looks at the disk of a path on the controller whenever so many more bytes are about to come. Throws a Failure when it is nearly
 * full: a twentieth of it is left, or 1 GiB.
 */
export function watchRoom(
  path: string,
  host: string | undefined,
  look: LookAtDisk = lookAtDisk,
): (bytes: number) => void {
  let unlooked = 0;
  return (bytes) => {
    unlooked += bytes;
    if (unlooked < lookedAtBytes) return;
    unlooked = 0;
    const { freeBytes, sizeBytes } = look(path);
    if (freeBytes < Math.min(1024 ** 3, sizeBytes / 20)) throw noRoom(path, host, freeBytes);
  };
}

/** Less than that is no matter anywhere. */
export const lookedAtBytes = 64 * 1024 * 1024;

function noRoom(path: string, host: string | undefined, freeBytes: number): Failure {
  const left = Math.floor(freeBytes / 1024 ** 2);
  return new Failure(
    "task-failed",
    `the disk of ${dirname(path)} is nearly full (${left} MiB are left) by what ${host ?? "the hosts"} sent: it was ended`,
    {
      ...(host === undefined ? {} : { host }),
      next: "Make room there, or look at the host: does it hold so much?",
    },
  );
}

function lookAtDisk(path: string): ReturnType<LookAtDisk> {
  const { bsize, bavail, blocks } = statfsSync(dirname(path));
  return { freeBytes: bavail * bsize, sizeBytes: blocks * bsize };
}
