import type { CommandResult, HostWriter, JobSpec } from "../../contract/host.ts";
import type { Progress } from "../../contract/progress.ts";
import { readable } from "../../mail/byte-text.ts";
import {
  parseProgressLine,
  parseStats,
  pathShown,
  type RsyncProgress,
  type RsyncStats,
} from "../../mail/rsync-output.ts";
import { lowerPriorityLine, type Priority } from "../priority.ts";
import { givingFunctions, type NewOwner } from "./give-to-owner.ts";
import { listMessagesFunction, type PassNotes } from "./known-messages.ts";
import { notePassFunction } from "./last-pass.ts";

/** How one run of rsync ended. */
export interface PassOutcome {
  readonly exitCode: number;
  readonly stderr: string;
  readonly stats: RsyncStats | undefined;
  /** Entries that differed in anything but a directory's time. */
  readonly items: number;
  /** Entries that a pass removed by itself; rsync counts its own in `stats`. */
  readonly removed?: number;
  readonly seconds: number;
}

/** The exit code of a pass that found another one at work in its directory. */
export const passUnderWay = 75;

/** Where a pass goes to, and how. */
export interface PassPlace extends Partial<NewOwner> {
  readonly notes: PassNotes | undefined;
  readonly dest: string;
  readonly priority?: Priority | undefined;
  /** Nobody's downtime waits for it. */
  readonly endsWithRun?: boolean | undefined;
}

/** Runs one pass as a job that outlives the connection. With `notes` it keeps them: also when nobody watches any more. */
export async function runPass(
  argv: readonly string[],
  { notes, dest, owner = "", group = "", priority, endsWithRun }: PassPlace,
  host: HostWriter,
  onProgress: (progress: Progress) => void,
): Promise<PassOutcome> {
  const script = lowerPriorityLine(priority) + passScript;
  const words = [notes?.directory ?? "", dest, notes?.pass ?? "", owner, group];
  const job = { argv: ["sh", "-c", script, "sh", ...words, ...argv], endsWithRun };
  return runPassJob(job, host, onProgress);
}

/** Runs the script of a pass, and reads what rsync and awk say. */
export async function runPassJob(
  job: Pick<JobSpec, "argv" | "stdin" | "endsWithRun">,
  host: HostWriter,
  onProgress: (progress: Progress) => void,
): Promise<PassOutcome> {
  const lines: string[] = [];
  const started = Date.now();
  let at: string | undefined;
  const progress = progressTeller((told) => onProgress({ ...told, text: at }));
  const result = await host.runJob({
    name: "rsync",
    ...job,
    environment: { LC_ALL: "C" },
    accept: "any",
    onLine: (line) => {
      const parsed = parseProgressLine(line);
      const path = /^mailferry: at (.*)$/.exec(line)?.[1];
      if (path !== undefined) at = readable(pathShown(path));
      else if (parsed !== undefined) progress(parsed);
      else if (lines.push(line) > linesKept) lines.shift();
    },
  });
  return outcomeOf(result, lines, (Date.now() - started) / 1000);
}

/** What counts stands at the end: the statistics of at most two runs of rsync. What a host says beside it may have no end. */
const linesKept = 1000;

function outcomeOf(
  { exitCode, stderr }: CommandResult,
  lines: readonly string[],
  seconds: number,
): PassOutcome {
  const items = lines.map((line) => Number(/^mailferry: ([0-9]+) items$/.exec(line)?.[1] ?? 0));
  return {
    exitCode,
    stderr: stderr.toString("utf8").trimEnd(),
    stats: parseStats(lines),
    items: items.reduce((sum, count) => sum + count, 0),
    seconds,
  };
}

/** What is left is told by the entries looked at: of the bytes, rsync counts those too that need no sending. */
function progressTeller(onProgress: (progress: Progress) => void): (progress: RsyncProgress) => void {
  let startedAt: number | undefined;
  return ({ bytes, rateBytes, looked, entries }) => {
    startedAt ??= Date.now();
    const spent = (Date.now() - startedAt) / 1000;
    const left = looked === undefined || entries === undefined ? 0 : entries - looked;
    onProgress({
      doneBytes: bytes,
      doneItems: looked,
      totalItems: entries,
      rateBytes,
      secondsLeft: looked === undefined || spent < 1 ? undefined : Math.round((spent * left) / looked),
      unit: "files",
    });
  };
}

/** What a job says that ends a sender: 1 GiB of the disk is left, or a twentieth. */
export const roomIsGone = "the disk is nearly full by what the other host sent: it was ended";

/**
 * Shell functions for passes. `take_turn`: one pass at a time into one directory, whoever began it: a job that an
 * operator's lost controller left behind would else remove later what it knows nothing of. The lock goes with the
 * process. `counted`: rsync writes a line for every file; awk counts what changed and lets a progress line through
 * when its time has moved on, behind the mailbox that rsync is at: the first two directories of a name. What another host sends has no end that it could not lie about: `watch_room` ends who brings it
 * before the disk of `$dest` is full, and holds nothing that the pass holds. A disk that has little room to begin with may still take the
 * last mails of a freeze.
 */
export const passFunctions = String.raw`
take_turn() {
  exec 9<"$1" || exit 11
  flock -w 30 9 || exit ${passUnderWay}
}
is_full() {
  set -- $(stat -f -c '%a %S %b' -- "$dest" 2>/dev/null)
  [ "$#" = 3 ] && [ "$(($1 * $2))" -lt 1073741824 ] && [ "$(($1 * 20))" -lt "$3" ]
}
watch_room() {
  pause=
  trap '[ -z "$pause" ] || kill "$pause"; exit' TERM
  while kill -0 "$1" 2>/dev/null; do
    sleep 2 &
    pause=$!
    wait "$pause"
    if is_full; then echo "${roomIsGone}" >&2; kill "$1"; exit; fi
  done
}
counted() {
  {
    # The shell gives a command in the background no input.
    "$@" <&3 3<&- &
    sender=$!
    watcher=
    if ! is_full; then
      watch_room "$sender" >/dev/null 3<&- 9<&- &
      watcher=$!
    fi
    wait "$sender"
    code=$?
    if [ -n "$watcher" ]; then
      kill "$watcher" 2>/dev/null
      if [ "$code" != 0 ] && is_full; then code=11; fi
    fi
    echo "mailferry: rsync ended with $code"
  } 3<&0 | awk '
    BEGIN { RS = "[\r\n]" }
    /^mailferry: rsync ended with / { code = $5; ended = 1; next }
    /^([<>ch.][fdLDS][.+?c ]|\*deleting )/ {
      if ($1 !~ /^\.d\.\.[tT]\.+$/) items++
      if (split(substr($0, 13), name, "/") > 2) at = name[1] "/" name[2]
      next
    }
    /\(xfr#/ {
      if ($4 != last) { last = $4; if (at != "") print "mailferry: at " at; print; fflush() }
      next
    }
    { if ($0 != "") print }
    END { print "mailferry: " items + 0 " items"; exit ended ? code : 128 }'
}`;

/**
 * `$1` is where the notes are kept (empty: none), `$2` the directory that is filled, `$3` the pass, `$4` and `$5` whom all is given to (empty: by
 * rsync); the rest is rsync.
 *
 * rsync compares times by the second: a control file that an earlier pass brought, and that changed behind it within the same second
 * at the same length, would stay as it was. They are few, so their content is compared. A message never changes under its name.
 */
const passScript = String.raw`${listMessagesFunction}${passFunctions}${notePassFunction}${givingFunctions}
control_files() {
  find "$1" -type d \( -name cur -o -name new -o -name tmp \) -links 2 -prune -o \
    -type f ! -regex '.*/\(cur\|new\|tmp\)/[0-9][^/]*' -printf './%P\0'
}
compare_contents() {
  for word do
    shift
    [ "$word" = --delete-delay ] || set -- "$@" "$word"
  done
  counted "$@" --files-from=- --from0 --checksum --ignore-missing-args --info=stats0,progress0
}
notes=$1
dest=$2
pass=$3
owner=$4
group=$5
shift 5
take_turn "$dest"
if [ -n "$notes" ]; then mkdir -p -- "$notes" && : >"$notes/pulling" || exit 11; fi
counted "$@" </dev/null
code=$?
if [ -n "$notes" ] && case $code in 0 | 24) ;; *) false ;; esac; then
  control_files "$dest" >"$notes/control" || exit 11
  compare_contents "$@" <"$notes/control" || code=$?
  rm -f -- "$notes/control"
fi
give_all "$dest" || case $code in 0 | 24) code=11 ;; esac
if [ -n "$notes" ] && [ -d "$dest" ]; then
  list_messages "$dest" >"$notes/known.new" && keep_known "$notes" &&
    note_pass "$notes" "$pass" "$dest" && rm -f -- "$notes/pulling"
fi
exit "$code"`;
