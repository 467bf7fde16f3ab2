import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * The built JavaScript of a program of the lab that runs as a process of its own (Node 20 runs no TypeScript).
 * `caller` is the asking module's `import.meta.url`, `name` a path beside it without its ending.
 */
export function entryFile(caller: string, name: string): string {
  const here = dirname(fileURLToPath(caller));
  const file = join(caller.endsWith(".ts") ? builtTwin(here) : here, `${name}.js`);
  if (!existsSync(file)) throw new Error(`${file} is missing: build the project first (npm run build)`);
  return file;
}

function builtTwin(sourceDirectory: string): string {
  const source = join("src", "lab");
  const at = sourceDirectory.lastIndexOf(source);
  return sourceDirectory.slice(0, at) + join("dist", "lab") + sourceDirectory.slice(at + source.length);
}
