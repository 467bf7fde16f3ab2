import { archiveRequest, type DataLink } from "../../contract/data-link.ts";
import type { HostReader, HostWriter } from "../../contract/host.ts";
import type { Progress } from "../../contract/progress.ts";
import type { FilterRule } from "./filter-rules.ts";
import { leftOutBy } from "./filter-rules.ts";
import { listMessagesFunction, type PassNotes } from "./known-messages.ts";
import { notePassFunction } from "./last-pass.ts";
import { type Listing, readListing } from "./listing.ts";
import type { RsyncPullArgs } from "./pull-args.ts";
import { passFunctions } from "./pull-job.ts";
import { capabilities } from "./rsync-command.ts";
import { longLookMs } from "./source-check.ts";

/** An empty directory that is to be filled with a whole other one, as a tar stream over a data link. */
export interface FirstCopy {
  readonly link: DataLink;
  readonly dest: string;
  readonly notes: PassNotes;
  readonly rules: readonly FilterRule[];
  /** Both or neither. */
  readonly owner: string | undefined;
  readonly group: string | undefined;
  readonly acls: boolean;
  readonly xattrs: boolean;
  /** How many messages there are, as far as it is known. */
  readonly messages: number | undefined;
}

/** How a first copy ended. `left` is for rsync then, and does no harm to it. */
export type FirstCopyOutcome =
  | { readonly kind: "copied"; readonly files: number; readonly bytes: number; readonly seconds: number }
  /** Something lies in the directory, or this host lacks what it takes: nothing was done. */
  | { readonly kind: "left" }
  | { readonly kind: "broken off"; readonly told: string };

/** Whether a tar stream would do what rsync does with these words. A stream can't be slowed down to a bandwidth. */
export function mayUnpack({ maildir, bandwidth, exclude, owner, group }: RsyncPullArgs): boolean {
  if (maildir !== true || bandwidth !== undefined || exclude !== undefined) return false;
  return (owner === undefined) === (group === undefined);
}

/**
 * Whether a tar stream of what is listed would bring the same as rsync. tar leaves out directories by the names of files,
 * and knows no sockets.
 */
export async function isFitForTar(listing: Listing, rules: readonly FilterRule[]): Promise<boolean> {
  const isLeftOut = leftOutBy(rules.filter(({ action }) => action === "exclude"));
  for await (const records of readListing(listing.file)) {
    for (const record of records) {
      const end = record.indexOf("//");
      const kind = record.charAt(end + 2);
      if (!"dFfl".includes(kind)) return false;
      const isDirectory = kind === "d" || kind === "F";
      if (isDirectory && isLeftOut(record.slice(record.lastIndexOf("/", end - 1) + 1, end), true))
        return false;
    }
  }
  return true;
}

/**
 * Whether a directory or a control file of a mail root has an access control list. To set one on each file takes tar a quarter of its
 * time; a message has none unless its directory hands it down, or somebody gave one to the whole tree.
 */
export async function holdsAcls(root: string, host: HostReader): Promise<boolean> {
  const { exitCode } = await host.probe(["sh", "-c", aclScript, "sh", root], {
    accept: [0, 1],
    timeoutMs: longLookMs,
  });
  return exitCode === 0;
}

/** ls tells one by a plus behind the mode. */
const aclScript = String.raw`
cd -- "$1" || exit 2
find . -type d \( -name cur -o -name new -o -name tmp \) -links 2 -print0 -prune -o -print0 2>/dev/null |
  LC_ALL=C xargs -0 -r ls -dn -- 2>/dev/null | grep -q '^[^ ]\{10\}+'`;

/**
 * Fills the directory, as a job that outlives the connection. tar has less to do for a file than rsync where nothing is
 * there yet. Files that change or go away while it reads are no fault: the pass behind it sees them.
 */
export async function copyFirst(
  copy: FirstCopy,
  host: HostWriter,
  onProgress: (progress: Progress) => void,
): Promise<FirstCopyOutcome> {
  const started = Date.now();
  let files = 0;
  const { exitCode, stderr } = await host.runJob({
    name: "first-copy",
    argv: unpackCommand(copy),
    environment: { LC_ALL: "C" },
    accept: "any",
    onLine: (line) => {
      const unpacked = /^mailferry: unpacked ([0-9]+)$/.exec(line)?.[1];
      if (unpacked === undefined) return;
      files = Number(unpacked);
      onProgress(progressOf(files, copy.messages, (Date.now() - started) / 1000));
    },
  });
  if (exitCode === notForTar) return { kind: "left" };
  const told = stderr.toString("utf8").trimEnd();
  if (exitCode !== 0) return { kind: "broken off", told: told.split("\n").slice(-5).join("\n") };
  const bytes = Number(/^Total bytes read: ([0-9]+)/m.exec(told)?.[1] ?? 0);
  return { kind: "copied", files, bytes, seconds: (Date.now() - started) / 1000 };
}

function progressOf(files: number, messages: number | undefined, spent: number): Progress {
  const left = messages === undefined ? undefined : Math.max(messages - files, 0);
  const secondsLeft = left === undefined || files === 0 || spent < 1 ? undefined : (spent * left) / files;
  return {
    doneItems: files,
    totalItems: messages === undefined ? undefined : Math.max(messages, files),
    secondsLeft: secondsLeft === undefined ? undefined : Math.round(secondsLeft),
    unit: "files",
  };
}

/** The exit code of a job that found a directory which is not for tar. */
const notForTar = 77;

function unpackCommand({ link, dest, notes, rules, owner, group, acls, xattrs }: FirstCopy): string[] {
  const excluded = rules
    .filter(({ action }) => action === "exclude")
    .map(({ pattern }) => `--exclude=${pattern}`);
  const both = [...(acls ? ["--acls"] : []), ...(xattrs ? ["--xattrs"] : [])];
  const request = [archiveRequest, ...both, ...excluded].join(" ");
  // As rsync does as root: all but what the system keeps there itself.
  const spaces = xattrs
    ? [
        `--xattrs-exclude=${capabilities}`,
        ...["user", "trusted", "security"].map((space) => `--xattrs-include=${space}.*`),
      ]
    : [];
  const words = [notes.directory, dest, notes.pass, owner ?? "", group ?? "", request];
  const tar = [...both, ...spaces].join(" ");
  const ssh = [...link.remoteShell.split(" "), link.remote.replaceAll(/[[\]]/g, "")];
  return ["sh", "-c", unpackScript, "sh", ...words, tar, ...ssh];
}

/**
 * `$1` is where the notes are kept, `$2` the directory that is filled, `$3` the pass, `$4` and `$5` whom all belongs to
 * (empty: by name), `$6` what the link is asked for, `$7` words for tar; the rest is ssh. The sender's 1 is for files
 * that changed or went away meanwhile. tar refuses names that lead out of the directory, makes links that could lead out last,
 * and there is none to begin with: what the sender says can't be written anywhere else. Devices, and the bits by which a
 * program runs as its owner, are taken away again.
 */
const unpackScript = String.raw`set -f
unset TAR_OPTIONS
${listMessagesFunction}${passFunctions}${notePassFunction}
notes=$1
dest=$2
pass=$3
owner=$4
group=$5
request=$6
words=$7
shift 7
take_turn "$dest"
if [ -n "$(find "$dest" -mindepth 1 -print -quit)" ]; then exit ${notForTar}; fi
tar --version 2>/dev/null | grep -q GNU || exit ${notForTar}
if [ -n "$owner" ]; then
  owner=$(id -u -- "$owner") && group=$(getent group -- "$group") || exit ${notForTar}
  group=${"$"}{group#*:*:}
  request="$request --owner=$owner --group=${"$"}{group%%:*}"
  words="$words --numeric-owner"
fi
mkdir -p -- "$notes" && : >"$notes/pulling" && rm -f -- "$notes/sent" || exit 11
{ "$@" "$request" </dev/null; echo "$?" >"$notes/sent"; } | {
  tar --extract --file=- --directory="$dest" --preserve-permissions --same-owner --warning=no-timestamp \
    --verbose --totals $words
  echo "mailferry: tar ended with $?"
} | awk '
  /^mailferry: tar ended with / { code = $5; ended = 1; next }
  !/\/$/ { files++ }
  NR % 1000 == 0 { print "mailferry: unpacked " files + 0; fflush() }
  END { print "mailferry: unpacked " files + 0; exit ended ? code : 128 }'
code=$?
find "$dest" \( -type b -o -type c \) -delete -o -type f -perm /6000 -exec chmod ug-s -- {} + || exit 11
case $(cat -- "$notes/sent") in 0 | 1) ;; *) code=12 ;; esac
list_messages "$dest" >"$notes/known.new" && mv -f -- "$notes/known.new" "$notes/known" || exit 11
if [ "$code" = 0 ]; then note_pass "$notes" "$pass" "$dest" || exit 11; fi
rm -f -- "$notes/pulling" "$notes/sent"
exit "$code"`;
