import type { HostWriter } from "../../contract/host.ts";
import type { Progress } from "../../contract/progress.ts";
import { lowerPriorityLine } from "../priority.ts";
import { type DeltaPlan, deltaLists } from "./delta-plan.ts";
import { givingFunctions } from "./give-to-owner.ts";
import { isMessage, listMessagesFunction, type PassNotes, strangersRefused } from "./known-messages.ts";
import { notePassFunction } from "./last-pass.ts";
import { nulList } from "./listing.ts";
import { type PassOutcome, type PassPlace, passFunctions, runPassJob } from "./pull-job.ts";

/** The exit code of a pass that would have removed messages which no pass brought. */
const foundStrangers = 76;

/** What a pass fills, and where it keeps what it has to know. */
export interface DeltaTarget extends PassPlace {
  readonly notes: PassNotes;
  readonly partialDirectory: string;
}

/** Runs one pass that touches only what changed. Throws Refused when messages would go that no pass brought. */
export async function runDelta(
  rsync: readonly string[],
  plan: DeltaPlan,
  { notes, dest, partialDirectory, owner = "", group = "", priority, endsWithRun }: DeltaTarget,
  host: HostWriter,
  onProgress: (progress: Progress) => void,
): Promise<PassOutcome> {
  const { renames, send, remove, directories, brought, removed, forgotten, touched } = deltaLists(plan);
  const paths = [send, renames, remove, directories, touched].map((list) => nulList(list, "./"));
  const places = touched.map((path) => (path === "" ? dest : `${dest}/${path}`));
  const lists = [...paths, ...[brought, removed, forgotten, places].map((list) => nulList(list, ""))];
  const sizes = lists.map(({ length }) => String(length));
  const argv = [
    ...["sh", "-c", lowerPriorityLine(priority) + deltaScript, "sh", notes.directory, dest, notes.pass],
    ...[partialDirectory, owner, group, ...sizes, ...rsync],
  ];
  const outcome = await runPassJob({ argv, stdin: Buffer.concat(lists), endsWithRun }, host, onProgress);
  if (outcome.exitCode === foundStrangers) throw strangersRefused(outcome.stderr, dest, host.name);
  const gone = remove.length + directories.length;
  return { ...outcome, items: outcome.items + renames.length / 2 + gone, removed: gone };
}

/**
 * `$1` is where the notes are kept, `$2` the directory that is filled, `$3` the pass, `$4` where rsync keeps what is cut off, `$5` and `$6` whom
 * all is given to (empty: by rsync); then come the sizes of the lists on the input, and rsync.
 *
 * rsync and its way to old take as long to begin as all there is to do before, so they begin at once: rsync does nothing until
 * the list on its input is whole, and nothing at all where that stays empty. What no pass brought is looked for before
 * anything is changed; what is removed goes last, after rsync came through.
 */
const deltaScript = String.raw`${listMessagesFunction}${passFunctions}${notePassFunction}${givingFunctions}
notes=$1
dest=$2
pass=$3
work=$notes/delta
mkdir -p -m 0700 -- "$work" "$4" || exit 11
owner=$5
group=$6
shift 6
for list in send renames remove directories touched brought removed forgotten places; do
  if [ "$1" = 0 ]; then : >"$work/$list"; else head -c "$1" >"$work/$list"; fi || exit 11
  shift
done
take_turn "$dest"
cd -- "$dest" || exit 11

# A link in the place of a directory would lead out of here; old, or whoever is in its place, may have sent one.
require_in_place() {
  xargs -0 -r readlink -z -m -- <"$work/touched" | cmp -s - "$work/places" && return
  echo "a symbolic link stands in the place of a directory" >&2
  exit 23
}

# From and to in turns. A program for each of thousands of names takes longer than all else.
rename_all() {
  if perl -e 1 2>/dev/null; then
    perl -0 -ne 'chomp; if (!defined $from) { $from = $_; next }
      if (-f $from) { rename $from, $_ or die "$from: $!\n" } undef $from'
  else
    xargs -0 -r -n 2 sh -c '[ ! -f "$1" ] || exec mv -fT -- "$1" "$2"' sh
  fi
}

messages_in_directories() {
  xargs -0 -r sh -c 'for d do if [ -d "$d" ]; then printf "%s\0" "$d"; fi; done' sh |
    xargs -0 -r -I '{}' find '{}' ${isMessage} -print0 |
    sed -z 's|^\./||' | message_names
}

prepare() {
  require_in_place
  : >"$work/gone"
  if [ -s "$work/directories" ]; then
    messages_in_directories <"$work/directories" >"$work/gone" || exit 11
  fi
  for list in known.brought known.gone; do
    [ -e "$notes/$list" ] || : >"$notes/$list" || exit 11
  done
  sort -zmu "$work/removed" "$work/gone" >"$work/leaving" || exit 11
  : >"$work/strangers"
  if [ -s "$work/leaving" ]; then
    names_not_in "$work/leaving" "$notes/known" >"$work/unknown" &&
      comm -z -23 "$work/unknown" "$notes/known.brought" >"$work/strangers" &&
      comm -z -12 "$work/leaving" "$notes/known.gone" >>"$work/strangers" || exit 11
  fi
  [ ! -s "$work/strangers" ] || exit ${foundStrangers}
  : >"$notes/pulling" || exit 11
  # A pass that is tried again has renamed them already.
  if [ -s "$work/renames" ]; then rename_all <"$work/renames" || exit 11; fi
}

: >"$work/errors"
: >"$work/prepared"
code=0
given=0
if [ -s "$work/send" ]; then
  {
    (prepare)
    prepared=$?
    [ "$prepared" != 0 ] || cat -- "$work/send"
    echo "$prepared $?" >"$work/prepared"
  } | counted "$@" 2>"$work/errors"
  code=$?
  read -r prepared given <"$work/prepared" || prepared=128
else
  (prepare)
  prepared=$?
fi
if [ "$prepared" = ${foundStrangers} ]; then cat -- "$work/strangers" >&2; elif [ -s "$work/errors" ]; then cat -- "$work/errors" >&2; fi
[ "$prepared" = 0 ] || exit "$prepared"
case $code in 0 | 24) ;; *) exit "$code" ;; esac
[ "$given" = 0 ] || exit 128
require_in_place
if [ -s "$work/send" ]; then give_listed <"$work/send" || exit 23; fi
if [ -s "$work/remove" ]; then xargs -0 rm -f -- <"$work/remove" || exit 11; fi
if [ -s "$work/directories" ]; then xargs -0 rm -rf -- <"$work/directories" || exit 11; fi
sort -zmu "$work/forgotten" "$work/gone" >"$work/gone.all" &&
  sort -zmu "$notes/known.brought" "$work/brought" >"$work/brought.all" &&
  comm -z -23 "$work/brought.all" "$work/gone.all" >"$work/known.brought" &&
  comm -z -23 "$notes/known.gone" "$work/brought" >"$work/gone.before" &&
  sort -zmu "$work/gone.before" "$work/gone.all" >"$work/known.gone" &&
  mv -f -- "$work/known.brought" "$work/known.gone" "$notes/" &&
  note_pass "$notes" "$pass" "$dest" && rm -f -- "$notes/pulling" || exit 11
exit "$code"`;
