import { createHash, type Hash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";

/** A short hash of texts and of whole directories: names, contents, executable bits. Equal content gives equal hashes. */
export async function contentHash(parts: {
  readonly texts: readonly string[];
  readonly paths: readonly string[];
}): Promise<string> {
  const hash = createHash("sha256");
  for (const text of parts.texts) feed(hash, "text", text);
  for (const path of parts.paths) await feedPath(hash, path, "");
  return hash.digest("hex").slice(0, 16);
}

async function feedPath(hash: Hash, path: string, name: string): Promise<void> {
  const stats = await stat(path);
  if (!stats.isDirectory()) {
    feed(hash, name, (stats.mode & 0o100) === 0 ? "plain" : "executable", await readFile(path));
    return;
  }
  for (const entry of (await readdir(path)).sort())
    await feedPath(hash, join(path, entry), `${name}/${entry}`);
}

/** Lengths stand before the values, so that no two lists of values look alike. */
function feed(hash: Hash, ...values: readonly (string | Buffer)[]): void {
  for (const value of values) {
    const bytes = Buffer.from(value);
    hash.update(`${bytes.length}:`).update(bytes);
  }
}
