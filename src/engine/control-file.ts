import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";

/** `controlPath` of the contract. */
export function controlPath(path: string, playbookDirectory: string): string {
  if (path === "~" || path.startsWith("~/")) return join(homedir(), path.slice(1));
  return resolve(playbookDirectory, path);
}

/** `writeControlFile` of the contract: a file beside it takes the name once it is whole and on the disk. */
export async function writeControlFile(
  path: string,
  fill: (write: (bytes: Buffer) => void) => Promise<void>,
): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${randomBytes(6).toString("hex")}.part`;
  const file = openSync(temporary, "wx", 0o600);
  // Of a file that is open, this writes at the place where the last piece ended, and all of it.
  const write = (bytes: Buffer) => writeFileSync(file, bytes);
  try {
    try {
      await fill(write);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
