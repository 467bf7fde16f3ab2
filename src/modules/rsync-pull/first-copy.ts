import { posix } from "node:path";
import { archiveRecordBlocks, archiveRequest, type DataLink } from "../../contract/data-link.ts";
import type { HostWriter } from "../../contract/host.ts";
import type { Progress } from "../../contract/progress.ts";
import type { Priority } from "../priority.ts";
import type { FilterRule } from "./filter-rules.ts";
import { countsForSum, sumOfNamesFunction } from "./fit-for-tar.ts";
import { isMessage, listMessagesFunction, type PassNotes } from "./known-messages.ts";
import { notePassFunction } from "./last-pass.ts";
import { passFunctions, roomIsGone } from "./pull-job.ts";
import { capabilities } from "./rsync-command.ts";
import { shardProgress } from "./shard-progress.ts";
import type { Shard } from "./shards.ts";
import { streamPlaceFunctions } from "./stream-place.ts";

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
  /** Nobody's downtime waits for it. */
  readonly endsWithRun?: boolean | undefined;
  /** What each of the streams brings that come at the same time: one where nothing is known of the directory. */
  readonly shards: readonly Shard[];
  /** Called as soon as all streams have come whole, with the seconds since the job was begun. */
  onStreamed(spentSeconds: number): void;
}

/** How a first copy ended. `left` is for rsync then, and does no harm to it. */
export type FirstCopyOutcome =
  | {
      readonly kind: "copied";
      readonly files: number;
      readonly bytes: number;
      readonly seconds: number;
      /**
       * The sum of the names of all that came but messages, as `namesFitForTar` makes it; undefined where a message came twice, since it
       * was moved while tar read.
       */
      readonly names: string | undefined;
      /** An entry that belongs to somebody else than it should; undefined when there is none. */
      readonly stranger: string | undefined;
    }
  /** Something lies in the directory, or this host lacks what it takes: nothing was done. */
  | { readonly kind: "left" }
  | { readonly kind: "broken off"; readonly told: string };

/**
 * Fills the directory, as a job that outlives the connection. tar has less to do for a file than rsync where nothing is
 * there yet. Files that change or go away while it reads are no fault: the next pass sees them.
 */
export async function copyFirst(
  copy: FirstCopy,
  host: HostWriter,
  onProgress: (progress: Progress) => void,
): Promise<FirstCopyOutcome> {
  const started = Date.now();
  const spentSeconds = (): number => (Date.now() - started) / 1000;
  let streamed = 0;
  let files = 0;
  let names: string | undefined;
  let stranger: string | undefined;
  const progress = shardProgress(copy.shards);
  const lists = copy.shards.map(listOfOthers);
  const { exitCode, stderr } = await host.runJob({
    name: "first-copy",
    argv: unpackCommand(copy, lists),
    stdin: Buffer.concat(lists),
    environment: { LC_ALL: "C" },
    endsWithRun: copy.endsWithRun,
    accept: "any",
    onLine: (line) => {
      const [, word, rest = ""] =
        /^mailferry: (read|streamed|unpacked|names|stranger) (.*)$/.exec(line) ?? [];
      if (word === "read") {
        const [shard = 0, bytes = 0] = rest.split(" ").map(Number);
        onProgress(progress(shard - 1, bytes, spentSeconds()));
      }
      if (word === "streamed") {
        streamed += 1;
        if (streamed === copy.shards.length) copy.onStreamed(spentSeconds());
      }
      if (word === "unpacked") files = Number(rest);
      if (word === "names") names = rest;
      if (word === "stranger") stranger ??= posix.join(copy.dest, rest);
    },
  });
  if (exitCode === notForTar) return { kind: "left" };
  const told = stderr.toString("utf8").trimEnd();
  if (exitCode !== 0) return { kind: "broken off", told: told.split("\n").slice(-5).join("\n") };
  const totals = [...told.matchAll(/^Total bytes read: ([0-9]+)/gm)].map(([, bytes]) => Number(bytes));
  const bytes = totals.reduce((sum, total) => sum + total, 0);
  return { kind: "copied", files, bytes, seconds: spentSeconds(), names, stranger };
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
 * `$1` is where the notes are kept, `$2` the directory that is filled, `$3` the pass, `$4` and `$5` whom all belongs to
 * (empty: by name), `$6` what the link is asked for, `$7` the sizes of the lists on the input, one for each stream, `$8` and `$9` words for
 * tar and rsync; the rest is ssh. The sender's 1 is for files that changed or went away meanwhile. tar refuses names that lead out of the directory, makes links that
 * could lead out last, and there is none to begin with: what the sender says can't be written anywhere else.
 *
 * What a stream filled is walked once as soon as it has come, beside the other streams: devices, and the bits by which a program runs as
 * its owner, are taken away again; files and messages are counted, one byte each in `files` and `messages`; other names are told; owners are looked at; messages are noted; and times that
 * a header has no place for (tar(5), ustar), which come out as 0, are left to rsync. tar would name each file while it writes, which costs
 * a tenth of its time.
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
${listMessagesFunction}${passFunctions}${notePassFunction}${takeSkeletonAwayFunction}${streamPlaceFunctions}${sumOfNamesFunction}
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
mkdir -m 0700 -- "$aside" && (cd -- "$aside" && mkdir -- $(seq "$shards")) && note_place || exit 11
unpack() {
  shard=$1
  shift
  { "$@" "$request" <"$streams/others.$shard"; echo "$?" >"$streams/sent.$shard"; } | {
    tar --extract --file=- --blocking-factor=${archiveRecordBlocks} --directory="$aside/$shard" --preserve-permissions --same-owner --warning=no-timestamp \
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
  [ "$code" != 0 ] || echo "mailferry: streamed $shard"
}
look_through() {
  shard=$1
  {
    find "$aside/$shard" \( -type b -o -type c \) -delete -o \
      \( \( $wrong \) -fprintf "$streams/strangers.$shard" '%P\n' , ! -type d -fprintf "$streams/files.$shard" . , \
      ! -newermt @0 -fprintf "$streams/untold.$shard" . , \
      ${countsForSum} -fprintf "$streams/names.$shard" '%P//\0' , \
      -type f -perm /6000 -exec chmod ug-s -- {} + , ${isMessage} -fprintf "$streams/messages.$shard" . -printf '%P\0' \)
    echo "$?" >"$streams/walked.$shard"
  } | message_names >"$streams/known.$shard" && [ "$(cat -- "$streams/walked.$shard")" = 0 ] && : >"$streams/looked.$shard"
}
for shard in $(seq "$shards"); do { unpack "$shard" "$@"; look_through "$shard"; } & done
wait
code=0
for shard in $(seq "$shards"); do
  came=$(cat -- "$streams/came.$shard") || came=12
  [ "$came" = 0 ] || code=$came
done
put_in_place || { rm -rf -- "$aside"; exit 11; }
for shard in $(seq "$shards"); do [ -e "$streams/looked.$shard" ] || exit 11; done
set +f
sort -zmu -- "$streams"/known.* >"$notes/known.new" && keep_known "$notes" || exit 11
echo "mailferry: unpacked $(cat -- "$streams"/files.* | wc -c)"
if [ "$(cat -- "$streams"/messages.* | wc -c)" = "$(tr -dc '\0' <"$notes/known" | wc -c)" ]; then
  echo "mailferry: names $(sum_of_names "$streams"/names.*)"
fi
cat -- "$streams"/strangers.* | head -n 1 | sed "s|^|mailferry: stranger |"
if [ "$code" = 0 ] && [ -n "$(cat -- "$streams"/untold.*)" ]; then
  echo "a file is older than 1970, or younger than 2242: its time is not in the stream" >&2
  code=13
fi
if [ "$code" = 0 ]; then note_pass "$notes" "$pass" "$dest" || exit 11; fi
rm -f -- "$notes/pulling"
rm -rf -- "$streams"
exit "$code"`;
