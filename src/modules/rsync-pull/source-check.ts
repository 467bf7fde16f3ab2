import { Failure, Refused } from "../../contract/errors.ts";
import type { HostReader } from "../../contract/host.ts";
import { waitingRoom } from "../../mail/waiting-room.ts";
import { parseRsyncVersion, type RsyncAbilities } from "./rsync-command.ts";

/** A directory as it really is: links resolved, and the mount point it lies on. */
export interface RealDirectory {
  readonly path: string;
  readonly mountPoint: string;
}

/** One side of a pull, as it is before anything is done. */
export interface Side {
  /** Undefined when it is not there or is no directory. */
  readonly directory: RealDirectory | undefined;
  /** Whether a merge that was broken off left its waiting room there. */
  readonly holdsWaitingRoom: boolean;
  /** Undefined where there is no rsync that is new enough. */
  readonly abilities: RsyncAbilities | undefined;
}

/** Looks at a side in one round trip: the directory with its links resolved, what a merge left in it, and the rsync. */
export async function lookAtSide(path: string, host: HostReader): Promise<Side> {
  const { stdout } = await host.probe(["sh", "-c", sideScript, "sh", path, waitingRoom]);
  const [real = "", mountPoint = "", room = "", version = ""] = stdout.toString("utf8").split("\0");
  return {
    directory: real === "" ? undefined : { path: real, mountPoint },
    holdsWaitingRoom: room !== "",
    abilities: parseRsyncVersion(version),
  };
}

/**
 * Prints the real path (nothing where there is no directory), the mount point, the waiting room `$2` of a merge (nothing where there
 * is none) and rsync's version, NUL after each. stat knows no mount point of a directory that is mounted a second time (`mount --bind`).
 */
const sideScript = String.raw`
real=$(readlink -e -- "$1" && echo /) && real=${"$"}{real%??} && [ -d "$real" ] || real=
printf '%s\0' "$real"
if [ -n "$real" ]; then printf '%s\0' "$(findmnt -fno TARGET -T "$real" 2>/dev/null || stat -c %m -- "$real")"; else printf '\0'; fi
if [ -n "$real" ] && { [ -e "$real/$2" ] || [ -L "$real/$2" ]; }; then printf '%s\0' "$2"; else printf '\0'; fi
rsync --version 2>/dev/null
printf '\0'`;

export function missingSource(src: string, host: string): Refused {
  return new Refused(`${host} has no directory ${src}`, {
    host,
    next: "Is the file system mounted, and the path right?",
  });
}

/** Counts the files below a directory: with `maildir` the messages alone. What goes away meanwhile is no error. */
export async function countFiles(path: string, maildir: boolean, host: HostReader): Promise<number> {
  const messages = ["-regextype", "posix-extended", "-regex", ".*/(cur|new)/[^/]*"];
  let count = 0;
  await host.probe(["find", path, ...(maildir ? messages : []), "-type", "f", "-printf", "."], {
    accept: [0, 1],
    environment: { LC_ALL: "C" },
    timeoutMs: longLookMs,
    onStdout: (chunk) => {
      count += chunk.length;
    },
  });
  return count;
}

/** In a small mail system a few deleted messages are more than a few percent. */
const usualDeletions = 20;

/** Walking a large tree with a cold cache takes its time. */
export const longLookMs = 3_600_000;

/** Refuses when the source holds far less than what earlier passes brought: it looks empty or not mounted. */
export function refuseShrunkenSource(
  { here, there, share }: { readonly here: number; readonly there: number; readonly share: number },
  src: string,
  source: string,
): void {
  if (there > 0 ? there >= here * share - usualDeletions : here === 0) return;
  throw new Refused(
    `${src} on ${source} holds ${there} files, and here are ${here} from earlier passes: it looks empty or not mounted, and delete would remove the rest here`,
    {
      host: source,
      next:
        there === 0
          ? "Is the file system mounted, and the path right?"
          : `If so many were really removed there, say it with min_source_share: ${Math.floor((there / here) * 100) / 100}.`,
    },
  );
}

/** A failure for a host whose rsync is missing or too old. */
export function rsyncMissing(host: string): Failure {
  return new Failure("bad-input", `${host} has no rsync of version 3.1 or newer`, {
    host,
    next: "Install it there: apt-get install rsync. Debian 7 has it in its backports only.",
  });
}
