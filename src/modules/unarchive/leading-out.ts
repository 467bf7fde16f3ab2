import { posix } from "node:path";
import { Refused } from "../../contract/errors.ts";
import type { HostReader } from "../../contract/host.ts";
import type { Packed } from "./packed.ts";
import { longestMs } from "./tar.ts";

/**
 * Throws Refused when a member would lie outside of the directory: by its name, or because a link that stands in the
 * directory leads out. What an archive's own links lead to, tar and unzip see to themselves: they make them last.
 */
export async function refuseLeadingOut(
  names: readonly string[],
  { src, format }: Packed,
  dest: string,
  host: HostReader,
): Promise<void> {
  const upwards = names.find((name) => name.split(/[/\\]/).includes(".."));
  if (upwards !== undefined) throw refused(`${src} holds ${upwards}, which leads out of ${dest}`, host);
  // unzip takes them for slashes or for letters, depending on the system that the archive says it was made on.
  const backslashed = format === "zip" ? names.find((name) => name.includes("\\")) : undefined;
  if (backslashed !== undefined) throw refused(`${src} holds ${backslashed}, a name with a backslash`, host);
  const parents = [...new Set(names.map((name) => posix.dirname(name)))].filter((name) => name !== ".");
  if (parents.length === 0) return;
  const [real = "", ...ends] = await resolved([dest, ...parents.map((name) => posix.join(dest, name))], host);
  const out = parents.find((_name, index) => !isWithin(ends[index] ?? "", real));
  if (out === undefined) return;
  throw refused(`${posix.join(dest, out)} is reached by a link that leads out of ${dest}`, host);
}

async function resolved(paths: readonly string[], host: HostReader): Promise<string[]> {
  const stdin = paths.map((path) => `${path}\0`).join("");
  const argv = ["xargs", "-0", "-r", "readlink", "-m", "-z", "--"];
  const { stdout } = await host.probe(argv, { stdin, timeoutMs: longestMs });
  return stdout.toString("utf8").split("\0").slice(0, -1);
}

function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory === "/" ? directory : `${directory}/`);
}

function refused(why: string, host: HostReader): Refused {
  return new Refused(`unarchive: ${why}: nothing is unpacked`, {
    host: host.name,
    next: "Look at the archive before you trust it: pack it anew, or leave the member out by `exclude`.",
  });
}
