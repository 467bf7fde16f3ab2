import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runInNamespaces } from "./namespace.ts";

/**
 * Runs this very program once more in namespaces of its own, with `--inside DIRECTORY` behind its words, and shows what it
 * left in `results.json` there. Gives back its exit code.
 */
export async function measureApart<Results>(show: (results: Results) => void): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), "mailferry-bench-"));
  try {
    chmodSync(directory, 0o755);
    const argv = [process.execPath, ...process.argv.slice(1), "--inside", directory];
    const code = await runInNamespaces(argv, directory);
    if (code === 0) show(JSON.parse(readFileSync(join(directory, "results.json"), "utf8")) as Results);
    return code;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
