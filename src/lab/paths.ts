import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

/** Where everything of the labs is kept on this machine: images, state files, and the labs' own directories. */
export function labCache(environment: NodeJS.ProcessEnv = process.env): string {
  const cache = environment.XDG_CACHE_HOME;
  const base = cache === undefined || cache === "" ? join(homedir(), ".cache") : cache;
  return join(base, "mailferry", "lab");
}

/** The configuration files and shell scripts of the lab's hosts. They stay in `src`: the compiler leaves them there. */
export function labFiles(): string {
  return join(packageRoot(), "src", "lab", "files");
}

/** The list of Debian packages that a machine needs to run a lab. */
export function labPackagesFile(): string {
  return join(packageRoot(), "scripts", "lab-packages.txt");
}

/** The directory of Mailferry's package.json, from the sources as well as from `dist`. */
function packageRoot(): string {
  let directory = import.meta.dirname;
  while (!existsSync(join(directory, "package.json"))) directory = dirname(directory);
  return directory;
}
