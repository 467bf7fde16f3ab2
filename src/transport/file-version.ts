import { stat } from "node:fs/promises";

/**
 * A word that is another one when a file was replaced, given other rights or another length, or written at another tick of the kernel's
 * clock (up to 10 ms). Throws what stat(2) does.
 */
export async function versionOf(path: string): Promise<string> {
  const { ctimeNs, size, ino, mode } = await stat(path, { bigint: true });
  return `${ctimeNs} ${size} ${ino} ${mode}`;
}
