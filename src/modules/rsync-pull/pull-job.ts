import type { CommandResult, HostWriter } from "../../contract/host.ts";
import type { Progress } from "../../contract/progress.ts";
import {
  parseProgressLine,
  parseStats,
  type RsyncProgress,
  type RsyncStats,
} from "../../mail/rsync-output.ts";
import { listMessagesFunction, type PassNotes } from "./known-messages.ts";

/** How one run of rsync ended. */
export interface PassOutcome {
  readonly exitCode: number;
  readonly stderr: string;
  readonly stats: RsyncStats | undefined;
  /** Entries that differed in anything but a directory's time. */
  readonly items: number;
  readonly seconds: number;
}

/** The exit code of a pass that found another one at work in its directory. */
export const passUnderWay = 75;

/** Runs one pass as a job that outlives the connection. With `notes` it keeps them: also when nobody watches any more. */
export async function runPass(
  argv: readonly string[],
  { notes, dest }: { readonly notes: PassNotes | undefined; readonly dest: string },
  host: HostWriter,
  onProgress: (progress: Progress) => void,
): Promise<PassOutcome> {
  const lines: string[] = [];
  const started = Date.now();
  const progress = progressTeller(onProgress);
  const result = await host.runJob({
    name: "rsync",
    argv: ["sh", "-c", passScript, "sh", notes?.directory ?? "", dest, ...argv],
    environment: { LC_ALL: "C" },
    accept: "any",
    onLine: (line) => {
      const parsed = parseProgressLine(line);
      if (parsed === undefined) lines.push(line);
      else progress(parsed);
    },
  });
  return outcomeOf(result, lines, (Date.now() - started) / 1000);
}

function outcomeOf(
  { exitCode, stderr }: CommandResult,
  lines: readonly string[],
  seconds: number,
): PassOutcome {
  const items = lines.map((line) => /^mailferry: ([0-9]+) items$/.exec(line)?.[1]).find((count) => count);
  return {
    exitCode,
    stderr: stderr.toString("utf8").trimEnd(),
    stats: parseStats(lines),
    items: Number(items ?? 0),
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

/**
 * `$1` is where the notes are kept (empty: none), `$2` the directory that is filled, the rest is rsync. rsync writes
 * a line for every file: awk counts what changed and lets a progress line through when its time has moved on.
 */
const passScript = String.raw`${listMessagesFunction}
notes=$1
dest=$2
shift 2
# One pass at a time into one directory, whoever began it: a job that an operator's lost controller left behind
# would else remove later what it knows nothing of. The lock goes with the process.
exec 9<"$dest" || exit 11
flock -w 30 9 || exit ${passUnderWay}
if [ -n "$notes" ]; then mkdir -p -- "$notes" && : >"$notes/pulling" || exit 11; fi
{ "$@" </dev/null; echo "mailferry: rsync ended with $?"; } | awk '
  BEGIN { RS = "[\r\n]" }
  /^mailferry: rsync ended with / { code = $5; ended = 1; next }
  /^[<>ch.*][^ ]+ *$/ { if ($0 !~ /^\.d\.\.[tT]\.+ *$/) items++; next }
  /\(xfr#/ { if ($4 != last) { last = $4; print; fflush() } next }
  { if ($0 != "") print }
  END { print "mailferry: " items + 0 " items"; exit ended ? code : 128 }'
code=$?
if [ -n "$notes" ] && [ -d "$dest" ]; then
  list_messages "$dest" >"$notes/known.new" && mv -f -- "$notes/known.new" "$notes/known" &&
    rm -f -- "$notes/pulling"
fi
exit "$code"`;
