import { stat } from "node:fs/promises";

/** A word that is another one when a file was written, replaced or given other rights. Throws what stat(2) does. */
export async function versionOf(path: string): Promise<string> {
  const { ctimeNs, size, ino } = await stat(path, { bigint: true });
  return `${ctimeNs} ${size} ${ino}`;
}
