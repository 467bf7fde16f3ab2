import { posix } from "node:path";
import { Refused } from "../contract/errors.ts";
import type { FileStat, HostReader } from "../contract/host.ts";

/** Throws Refused for a path that must not be removed, or changed with all below it, by its name or by where it leads. */
export async function refuseProtected(path: string, stat: FileStat, host: HostReader): Promise<void> {
  const type = stat.type === "directory" ? "directory" : "file";
  const parent = await host.probe(["readlink", "-f", "--", posix.dirname(path)]);
  const real = posix.join(parent.stdout.toString("utf8").replace(/\n$/, ""), posix.basename(path));
  const why = whyProtected(path, type) ?? whyProtected(real, type) ?? (await whyMounted(path, type, host));
  if (why === undefined) return;
  throw new Refused(`file: ${why}: not touched`, {
    host: host.name,
    next: "Name a path further down, or do it by hand on the host.",
  });
}

/** Throws Refused for a directory among mail or the system's own trees, by its name or by where it leads. */
export async function refuseInProtectedTree(module: string, path: string, host: HostReader): Promise<void> {
  const found = await host.probe(["readlink", "-m", "--", path]);
  const real = found.stdout.toString("utf8").replace(/\n$/, "");
  if (![plainPath(path), real].some((each) => isProtectedTree(each))) return;
  throw inProtectedTree(module, path, host);
}

/** Throws Refused when one of the names leads from the directory into such a tree, as `var/mail/anna` does from `/`. */
export function refuseNamesInProtectedTree(
  module: string,
  directory: string,
  names: readonly string[],
  host: HostReader,
): void {
  const found = names.map((name) => posix.join(directory, name)).find((path) => isProtectedTree(path));
  if (found !== undefined) throw inProtectedTree(module, found, host);
}

/** True for a directory that has such a tree below it. */
export function holdsProtectedTree(path: string): boolean {
  const above = path === "/" ? path : `${path}/`;
  return protectedTrees.some((tree) => tree.startsWith(above));
}

function inProtectedTree(module: string, path: string, host: HostReader): Refused {
  return new Refused(`${module}: ${path} is a place of mail or of the system: not touched`, {
    host: host.name,
    next: "Mail is moved by `rsync_pull` and `doveadm`.",
  });
}

async function whyMounted(path: string, type: string, host: HostReader): Promise<string | undefined> {
  if (type !== "directory") return undefined;
  const { exitCode } = await host.probe(["mountpoint", "-q", "--", path], { accept: "any" });
  return exitCode === 0 ? `${path} is where a file system is mounted` : undefined;
}

/** Why a path must not be removed, or changed with all below it; undefined when nothing speaks against it. */
function whyProtected(path: string, type: "directory" | "file"): string | undefined {
  const plain = plainPath(path);
  const parts = plain.split("/").slice(1);
  if (plain === "/" || parts.length < 2) return `${plain} belongs to the system`;
  if (isProtectedTree(plain)) {
    return `${plain} is a place of mail or of the system`;
  }
  if (type === "file") return undefined;
  if (protectedDirectories.has(plain)) return `${plain} belongs to the system`;
  if (childrenProtected.has(posix.dirname(plain))) return `${plain} belongs to the system`;
  return undefined;
}

/** Why a user's home must not be removed with all below it: what lies in /home may go, in difference to other paths. */
export function whyProtectedHome(path: string): string | undefined {
  if (posix.dirname(plainPath(path)) === "/home") return undefined;
  return whyProtected(path, "directory");
}

function isProtectedTree(plain: string): boolean {
  return protectedTrees.some((tree) => plain === tree || plain.startsWith(`${tree}/`));
}

/** The path without ".", "..", doubled and trailing slashes. */
export function plainPath(path: string): string {
  return posix.normalize(path).replace(/(?<=.)\/+$/, "");
}

/** Nothing in them is removed by a task: removing mail is never a step of a move. */
const protectedTrees = ["/var/vmail", "/var/mail", "/var/spool", "/var/qmail", "/proc", "/sys", "/dev"];

/** What lies directly in them is too much to remove at once. */
const childrenProtected = new Set([
  ...["/boot", "/home", "/lib", "/lib64", "/media", "/mnt", "/usr", "/var"],
  ...["/usr/lib", "/usr/local", "/usr/share", "/var/lib"],
]);

const protectedDirectories = new Set(
  [
    "apt",
    "bind",
    "dovecot",
    "letsencrypt",
    "mysql",
    "postfix",
    "redis",
    "rspamd",
    "ssh",
    "ssl",
    "systemd",
  ].map((name) => `/etc/${name}`),
);
