import { posix } from "node:path";
import { BadInput, type Problem, Refused } from "../../contract/errors.ts";
import type { HostReader } from "../../contract/host.ts";
import type { LookContext } from "../../contract/module.ts";
import { waitingRoom } from "../../mail/waiting-room.ts";
import type { RsyncPullArgs } from "./pull-args.ts";
import type { Side } from "./source-check.ts";

/** A path without doubled and trailing slashes. Throws BadInput for one that leads upwards. */
export function plainDirectory(path: string, word: string): string {
  if (!path.startsWith("/") || path.split("/").includes("..")) {
    throw new BadInput([
      { message: `rsync_pull: ${word} "${path}" is no absolute path without ".."`, hint: "Write it out." },
    ]);
  }
  return posix.normalize(path).replace(/(?<=.)\/+$/, "");
}

/** Throws BadInput for a directory that no pull may fill: what lies in it belongs to the system. */
export function checkDestination(dest: string): void {
  if (!systemDirectories.has(dest)) return;
  const problem: Problem = {
    message: `rsync_pull: dest "${dest}" is a directory of the system`,
    hint: "Name the directory that is meant, for instance /var/vmail.",
  };
  throw new BadInput([problem]);
}

/** Those of a Debian; `/mail` or `/data` at the top is somebody's own. */
const systemDirectories: ReadonlySet<string> = new Set(
  ["cache", "lib", "local", "lock", "log", "mail", "opt", "run", "spool", "tmp"]
    .map((name) => `/var/${name}`)
    .concat(["bin", "include", "lib", "lib64", "local", "sbin", "share", "src"].map((name) => `/usr/${name}`))
    .concat(
      ["bin", "boot", "dev", "etc", "home", "lib", "lib32", "lib64", "libx32"].map((name) => `/${name}`),
    )
    .concat(["lost+found", "media", "mnt", "opt", "proc", "root", "run", "sbin"].map((name) => `/${name}`))
    .concat(["/", "/srv", "/sys", "/tmp", "/usr", "/var"])
    .concat(["/etc/default", "/etc/systemd", "/etc/ssh", "/etc/apt", "/etc/pam.d", "/root/.ssh"]),
);

/** Refuses after new has been opened: deletions always, and everything else that was not expressly allowed. */
export async function refuseAfterOpening(
  { delete: deletes = false, after_opening = "refuse", dest }: RsyncPullArgs,
  { latches }: Pick<LookContext, "latches">,
): Promise<void> {
  if (!deletes && after_opening === "allow") return;
  if (!(await latches.isSet("new-opened"))) return;
  const since = await latches.setAt("new-opened");
  throw new Refused(
    `new was opened${since === undefined ? "" : ` at ${since}`}: it has mail that the source has not, and pulling into ${dest} could ${deletes ? "delete it" : "double or overwrite it"}`,
    { next: "Mail that still reached the old host is carried by its queue (relay), not by another copy." },
  );
}

/** Refuses to pull into mail that another wave moved, and new took over, or into what holds such mail. */
export async function refuseOpenedRoots(
  dests: readonly string[],
  host: HostReader,
  { latches }: Pick<LookContext, "latches">,
): Promise<void> {
  const roots = await latches.openedRoots();
  if (roots.length === 0) return;
  const { stdout } = await host.probe(["readlink", "-m", "-z", "--", ...roots]);
  const real = stdout.toString("utf8").split("\0").slice(0, -1);
  for (const root of [...roots, ...real]) {
    const met = dests.find((dest) => `${dest}/`.startsWith(`${root}/`) || `${root}/`.startsWith(`${dest}/`));
    if (met === undefined) continue;
    throw new Refused(
      `${met} is, lies in or holds ${root}: that mail moved by itself, and new was opened for it`,
      {
        host: host.name,
        next: "Only what is not opened yet is copied: one domain's directory at a time.",
      },
    );
  }
}

/** Refuses a source with a waiting room in it: its messages would come twice. */
export function refuseBrokenMerge({ holdsWaitingRoom }: Side, path: string, source: string): void {
  if (!holdsWaitingRoom) return;
  const room = `${path === "/" ? "" : path}/${waitingRoom}`;
  throw new Refused(
    `${room} on ${source} is what a way back left that was broken off: its messages would be doubled`,
    {
      host: source,
      next: `Run the way back to its end, or remove ${room}: what lies in it is on the new host, or has its place already.`,
    },
  );
}

/** Refuses one machine under two names when one directory lies in the other. Paths are resolved. */
export function refuseSameTree(source: HostReader, src: string, target: HostReader, dest: string): void {
  if (source.facts.machine_id !== target.facts.machine_id) return;
  const within = (inner: string, outer: string): boolean => inner === outer || inner.startsWith(`${outer}/`);
  if (!within(src, dest) && !within(dest, src)) return;
  throw new Refused(`${source.name} and ${target.name} are one machine, and ${src} and ${dest} overlap`, {
    host: target.name,
    next: "Check the addresses of the old and the new host in the inventory.",
  });
}

/** For a host that could take mail between two looks. */
export function portsOpen(ports: readonly number[], host: string): Refused {
  return new Refused(
    `${host} listens on port ${ports.join(", ")}: a pass with delete could remove mail that comes in`,
    {
      host,
      next: "Stop and mask Postfix (and whatever else listens there) on the new host, then run this again.",
    },
  );
}
