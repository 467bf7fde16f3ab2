import { archiveRecordBlocks, archiveRequest, type DataLink } from "../../contract/data-link.ts";
import type { HostReader, HostWriter } from "../../contract/host.ts";
import type { Progress } from "../../contract/progress.ts";
import { lowerPriorityLine, type Priority } from "../priority.ts";
import type { FilterRule } from "./filter-rules.ts";
import { leftOutBy } from "./filter-rules.ts";
import { isMessage, listMessagesFunction, type PassNotes } from "./known-messages.ts";
import { notePassFunction } from "./last-pass.ts";
import { type Listing, readListing } from "./listing.ts";
import type { RsyncPullArgs } from "./pull-args.ts";
import { passFunctions, roomIsGone } from "./pull-job.ts";
import { capabilities } from "./rsync-command.ts";
import { shardProgress } from "./shard-progress.ts";
import { type Shard, streamsDirectory } from "./shards.ts";
import { longLookMs } from "./source-check.ts";

/** An empty directory that is to be filled with a whole other one, as tar streams over a data link. */
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
  readonly compress: boolean;
  /** The sender's; undefined where it doesn't step back. */
  readonly priority: Priority | undefined;
  /** What each of the streams brings that come at the same time: one where nothing is known of the directory. */
  readonly shards: readonly Shard[];
  /** Called as soon as all streams have come whole. */
  onStreamed(): void;
}

/** How a first copy ended. `left` is for rsync then, and does no harm to it. */
export type FirstCopyOutcome =
  | {
      readonly kind: "copied";
      readonly files: number;
      readonly bytes: number;
      readonly seconds: number;
      /** An entry that belongs to somebody else than it should; undefined when there is none. */
      readonly stranger: string | undefined;
    }
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
 * and knows no sockets; what has the name of the streams' own place would come into it.
 */
export async function isFitForTar(listing: Listing, rules: readonly FilterRule[]): Promise<boolean> {
  const isLeftOut = leftOutBy(rules.filter(({ action }) => action === "exclude"));
  for await (const records of readListing(listing.file)) {
    for (const record of records) {
      if (record.startsWith(`${streamsDirectory}//`)) return false;
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
export async function holdsAcls(root: string, host: HostReader, priority?: Priority): Promise<boolean> {
  const script = lowerPriorityLine(priority) + aclScript;
  const { exitCode } = await host.probe(["sh", "-c", script, "sh", root], {
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
  const spentSeconds = (): number => (Date.now() - started) / 1000;
  let files = 0;
  let stranger: string | undefined;
  const progress = shardProgress(copy.shards);
  const lists = copy.shards.map(listOfOthers);
  const { exitCode, stderr } = await host.runJob({
    name: "first-copy",
    argv: unpackCommand(copy, lists),
    stdin: Buffer.concat(lists),
    environment: { LC_ALL: "C" },
    accept: "any",
    onLine: (line) => {
      const [, word, rest = ""] = /^mailferry: (read|streamed|unpacked|stranger) (.*)$/.exec(line) ?? [];
      if (word === "read") {
        const [shard = 0, bytes = 0] = rest.split(" ").map(Number);
        onProgress(progress(shard - 1, bytes, spentSeconds()));
      }
      if (word === "streamed") copy.onStreamed();
      if (word === "unpacked") files = Number(rest);
      if (word === "stranger") stranger ??= rest;
    },
  });
  if (exitCode === notForTar) return { kind: "left" };
  const told = stderr.toString("utf8").trimEnd();
  if (exitCode !== 0) return { kind: "broken off", told: told.split("\n").slice(-5).join("\n") };
  const totals = [...told.matchAll(/^Total bytes read: ([0-9]+)/gm)].map(([, bytes]) => Number(bytes));
  const bytes = totals.reduce((sum, total) => sum + total, 0);
  return { kind: "copied", files, bytes, seconds: spentSeconds(), stranger };
}

/** What a stream leaves out, as the archive request has it; empty where it brings everything. */
function listOfOthers({ others }: Shard): Buffer {
  return Buffer.from(others.map((path) => `./${path}\n`).join(""), "latin1");
}

/** The exit code of a job that found a directory which is not for tar. */
const notForTar = 77;

function unpackCommand(copy: FirstCopy, lists: readonly Buffer[]): string[] {
  const { link, dest, notes, rules, owner, group, acls, xattrs, compress, priority } = copy;
  const excluded = rules
    .filter(({ action }) => action === "exclude")
    .map(({ pattern }) => `--exclude=${pattern}`);
  const both = [...(acls ? ["--acls"] : []), ...(xattrs ? ["--xattrs"] : [])];
  const levels = priority === undefined ? [] : [`--nice=${priority.nice}`, `--ionice=${priority.ionice}`];
  const packed = compress ? ["--gzip"] : [];
  const shard = lists.length > 1 ? ["--shard"] : [];
  const request = [archiveRequest, ...levels, ...packed, ...both, ...shard, ...excluded].join(" ");
  // As rsync does as root: all but what the system keeps there itself.
  const spaces = xattrs
    ? [
        `--xattrs-exclude=${capabilities}`,
        ...["user", "trusted", "security"].map((space) => `--xattrs-include=${space}.*`),
      ]
    : [];
  const sizes = lists.map(({ length }) => length).join(" ");
  const words = [notes.directory, dest, notes.pass, owner ?? "", group ?? "", request, sizes];
  const tar = [...packed, ...both, ...spaces].join(" ");
  const rsync = ["-a", "--numeric-ids", ...(acls ? ["-A"] : []), ...(xattrs ? ["-X"] : [])].join(" ");
  const ssh = [...link.remoteShell.split(" "), link.remote.replaceAll(/[[\]]/g, "")];
  return ["sh", "-c", unpackScript, "sh", ...words, tar, rsync, ...ssh];
}

const recordBytes = archiveRecordBlocks * 512;

/** What tar reads between two of its words on how far it is: 20 MB. */
const checkpointRecords = Math.round(2e7 / recordBytes);

/** A shell function for a home that `useradd -m` made: takes the files of /etc/skel away where `$1` holds nothing else, byte for byte. */
const takeSkeletonAwayFunction = String.raw`
take_skeleton_away() {
  same='cmp -s -- "$1" "/etc/skel/${"$"}{1##*/}"'
  [ -z "$(find "$1" -mindepth 1 \( ! -type f -o ! -exec sh -c "$same" sh {} \; \) -print -quit)" ] || return 0
  find "$1" -mindepth 1 -maxdepth 1 -type f -exec sh -c "$same"' && rm -f -- "$1"' sh {} \;
}`;

/**
 * Shell functions for streams beside each other. tar makes links that could lead out last of all, so that it writes nothing through them:
 * that holds for one tar, not for two in the same place. So each fills a directory of its own in `$dest`, which the names of no
 * other lead into. `note_place` notes which directory was made for that: one of the same name may come from old, with links in it.
 * `put_in_place` moves what is in them to where it belongs, whole mailboxes for the most part, once nobody
 * writes any more; `$attributes` are words for rsync on the root itself. What is there already came twice, or somebody made it here
 * meanwhile: it stays as it is, whatever mv(1) says of that (its exit code differs from release to release), and `code` gets 13, since
 * only a comparison of everything tells what of it is old's.
 */
const streamPlaceFunctions = String.raw`
aside=$dest/${streamsDirectory}
note_place() { stat -c %d:%i -- "$aside" >"$streams/place"; }
put_in_place() {
  [ -e "$streams/place" ] && [ -d "$aside" ] && [ ! -h "$aside" ] || return 0
  [ "$(stat -c %d:%i -- "$aside")" = "$(cat -- "$streams/place")" ] || return 0
  [ -d "$aside/1" ] && [ ! -h "$aside/1" ] || return 0
  mkdir -p -- "$notes" && touch -r "$aside/1" -- "$notes/root" &&
    rsync $attributes --exclude='*' "$aside/1/" "$dest/" || return
  shard=1
  while [ -d "$aside/$shard" ] && [ ! -h "$aside/$shard" ]; do
    (cd -- "$aside/$shard" && move_in && require_moved) || return
    shard=$((shard + 1))
  done
  left=$(cd -- "$aside" && find . -mindepth 2 \( ! -type d -o -path './*/*/*' \) -printf . -quit) || return
  if [ -n "$left" ]; then
    echo "a mailbox was there already: it came twice, or somebody made it here meanwhile" >&2
    code=13
  fi
  rm -rf -- "$aside" && touch -r "$notes/root" -- "$dest" &&
    rm -f -- "$notes/root" "$notes/time" "$streams/place"
}
move_in() {
  find . -mindepth 1 -maxdepth 1 ! -name ${streamsDirectory} -print0 | xargs -0 -r sh -c '
    dest=$1
    time=$2
    shift 2
    for name do
      to=$dest/$name
      if [ -d "$name" ] && [ ! -h "$name" ] && [ -d "$to" ] && [ ! -h "$to" ]; then
        touch -r "$name" -- "$time" || exit 255
        find "$name" -mindepth 1 -maxdepth 1 -print0 | xargs -0 -r mv -n -t "$to" --
        touch -r "$time" -- "$to" || exit 255
      else
        mv -nT -- "$name" "$to"
      fi
    done
    exit 0' sh "$dest" "$notes/time"
}
require_moved() {
  find . -mindepth 1 -maxdepth 2 -path ./${streamsDirectory} -prune -o -print0 | xargs -0 -r sh -c '
    for left do
      if [ ! -e "$0/$left" ] && [ ! -h "$0/$left" ]; then exit 255; fi
    done' "$dest"
}`;

/**
 * `$1` is where the notes are kept, `$2` the directory that is filled, `$3` the pass, `$4` and `$5` whom all belongs to
 * (empty: by name), `$6` what the link is asked for, `$7` the sizes of the lists on the input, one for each stream, `$8` and `$9` words for
 * tar and rsync; the rest is ssh. The sender's 1 is for files that changed or went away meanwhile. tar refuses names that lead out of the directory, makes links that
 * could lead out last, and there is none to begin with: what the sender says can't be written anywhere else.
 *
 * One walk does the rest: devices, and the bits by which a program runs as its owner, are taken away again; files are
 * counted, one byte each in `files`; owners are looked at; messages are noted; and times that a header has no place for (tar(5), ustar),
 * which come out as 0, are left to rsync. tar would name each file while it writes, which costs a
 * tenth of its time.
 */
const unpackScript = String.raw`set -f
unset TAR_OPTIONS
notes=$1
dest=$2
pass=$3
owner=$4
group=$5
request=$6
sizes=$7
words=$8
attributes=$9
shift 9
streams=$notes/streams
${listMessagesFunction}${passFunctions}${notePassFunction}${takeSkeletonAwayFunction}${streamPlaceFunctions}
take_turn "$dest"
# Where the job was killed that filled it.
put_in_place || { rm -rf -- "$aside"; exit 11; }
take_skeleton_away "$dest"
if [ -n "$(find "$dest" -mindepth 1 -print -quit)" ]; then exit ${notForTar}; fi
tar --version 2>/dev/null | grep -q GNU || exit ${notForTar}
wrong='-nouser -o -nogroup'
if [ -n "$owner" ]; then
  owner=$(id -u -- "$owner") && group=$(getent group -- "$group") || exit ${notForTar}
  group=${"$"}{group#*:*:}
  group=${"$"}{group%%:*}
  request="$request --owner=$owner --group=$group"
  words="$words --numeric-owner"
  wrong="! -uid $owner -o ! -gid $group"
fi
rm -rf -- "$streams" && mkdir -p -- "$streams" && : >"$notes/pulling" || exit 11
shards=0
for size in $sizes; do
  shards=$((shards + 1))
  head -c "$size" >"$streams/others.$shards" || exit 11
done
if [ "$shards" -gt 1 ]; then
  mkdir -m 0700 -- "$aside" && (cd -- "$aside" && mkdir -- $(seq "$shards")) && note_place || exit 11
fi
unpack() {
  shard=$1
  shift
  place=$dest
  [ "$shards" = 1 ] || place=$aside/$shard
  { "$@" "$request" <"$streams/others.$shard"; echo "$?" >"$streams/sent.$shard"; } | {
    tar --extract --file=- --blocking-factor=${archiveRecordBlocks} --directory="$place" --preserve-permissions --same-owner --warning=no-timestamp \
      --checkpoint=${checkpointRecords} --checkpoint-action="echo=mailferry: read $shard %u" --totals $words 2>&1
    echo "mailferry: tar ended with $?"
  } | {
    code=128
    while IFS= read -r line; do
      case $line in
        "mailferry: tar ended with "*) code=${"$"}{line##* } ;;
        "tar: mailferry: read "*)
          echo "mailferry: read $shard $((${"$"}{line##* } * ${recordBytes}))"
          # Nobody hears tar's next word then, and that ends it.
          if is_full; then echo "${roomIsGone}" >&2; exit 28; fi ;;
        *) printf '%s\n' "$line" >&2 ;;
      esac
    done
    exit "$code"
  }
  code=$?
  case $(cat -- "$streams/sent.$shard") in 0 | 1) ;; *) code=12 ;; esac
  echo "$code" >"$streams/came.$shard"
}
shard=0
while [ "$shard" -lt "$shards" ]; do
  shard=$((shard + 1))
  unpack "$shard" "$@" &
done
wait
code=0
shard=0
while [ "$shard" -lt "$shards" ]; do
  shard=$((shard + 1))
  came=$(cat -- "$streams/came.$shard") || came=12
  [ "$came" = 0 ] || code=$came
done
[ "$code" != 0 ] || echo "mailferry: streamed $pass"
put_in_place || { rm -rf -- "$aside"; exit 11; }
{
  find "$dest" \( -type b -o -type c \) -delete -o \
    \( \( $wrong \) -fprintf "$notes/strangers" '%p\n' , ! -type d -fprintf "$notes/files" . , ! -newermt @0 -fprintf "$notes/untold" . , \
    -type f -perm /6000 -exec chmod ug-s -- {} + , ${isMessage} -printf '%P\0' \)
  echo "$?" >"$notes/walked"
} | message_names >"$notes/known.new" && [ "$(cat -- "$notes/walked")" = 0 ] &&
  keep_known "$notes" || exit 11
echo "mailferry: unpacked $(wc -c <"$notes/files")"
[ ! -s "$notes/strangers" ] || echo "mailferry: stranger $(head -n 1 -- "$notes/strangers")"
if [ "$code" = 0 ] && [ -s "$notes/untold" ]; then
  echo "a file is older than 1970, or younger than 2242: its time is not in the stream" >&2
  code=13
fi
if [ "$code" = 0 ]; then note_pass "$notes" "$pass" "$dest" || exit 11; fi
rm -f -- "$notes/pulling" "$notes/walked" "$notes/files" "$notes/strangers" "$notes/untold"
rm -rf -- "$streams"
exit "$code"`;
