import type { Change } from "../../contract/change.ts";
import type { DataLink } from "../../contract/data-link.ts";
import { Failure } from "../../contract/errors.ts";
import type { HostWriter } from "../../contract/host.ts";
import type { JsonObject } from "../../contract/json.ts";
import type { ApplyContext } from "../../contract/module.ts";
import type { ByteText } from "../../mail/byte-text.ts";
import type { MergePlan } from "../../mail/merge-plan.ts";
import { rsyncExit } from "../../mail/rsync-output.ts";
import { waitingRoom } from "../../mail/waiting-room.ts";
import { nulList } from "../rsync-pull/listing.ts";
import type { JoinedControl } from "./control-files.ts";

/** All that old lacks of new. */
export interface Merge extends MergePlan {
  /** Folders that only new has. */
  readonly folders: readonly ByteText[];
  /** Files beside messages that only new has, and that come too. */
  readonly files: readonly ByteText[];
  readonly controls: readonly JoinedControl[];
  /** The mail root on this host and on the other one, links resolved. */
  readonly root: string;
  readonly source: string;
  /** A merge that was broken off left its waiting room on this host. */
  readonly hasRoom: boolean;
  /** New's notes say that its messages are known: the next move can begin. */
  readonly isNoted: boolean;
  /** What `register` keeps. */
  readonly result: JsonObject;
}

export interface MergeChange extends Change {
  readonly from: string;
  readonly path: string;
  /** Who owns on this host what comes; undefined: who does on the other one, by name. */
  readonly owner?: string;
  readonly group?: string;
  /** The ports that nothing may listen on here; undefined: those of mailboxes. */
  readonly closed_ports?: readonly number[];
  readonly merge: Merge;
}

export function isEmpty({ add, rename, folders, files, controls, isNoted, hasRoom }: Merge): boolean {
  return (
    isNoted &&
    !hasRoom &&
    add.length +
      rename.length +
      folders.length +
      files.length +
      controls.filter(({ text }) => text !== undefined).length ===
      0
  );
}

/** Does a merge as a job on old, which outlives the connection. Broken off anywhere, the next plan finds what is left. */
export async function runMerge(
  { from, owner, group, merge }: MergeChange,
  link: DataLink,
  host: HostWriter,
  context: Pick<ApplyContext, "workDirectory">,
): Promise<void> {
  const controls = merge.controls.flatMap(({ path: name, text }) =>
    text === undefined ? [] : [{ name, text }],
  );
  const renamed = merge.add.filter((message) => message.from !== message.to);
  // Folders come for their owners and modes, by which they are made here. The root is there, and would come with what it holds.
  const folders = merge.folders.filter((folder) => folder !== "");
  const lists = [
    nulList(
      merge.folders.flatMap((folder) => ["cur", "new", "tmp"].map((part) => `${folder}/${part}`)),
      "./",
    ),
    nulList(folders.filter(isSubfolder), "./"),
    nulList([...folders, ...merge.add.map((message) => message.from), ...merge.files], "./"),
    nulList(
      renamed.flatMap((message) => [message.from, message.to]),
      "./",
    ),
    nulList(
      merge.rename.flatMap((message) => [message.from, message.to]),
      "./",
    ),
    nulList(
      controls.flatMap(({ name, text }) => [`./${name}`, String(text.length)]),
      "",
    ),
    Buffer.from(controls.map(({ text }) => text).join(""), "latin1"),
  ];
  const work = `${await context.workDirectory(host)}/mail-merge`;
  const rsync = [
    ...["rsync", "-aS", "--files-from=-", "--from0", ...ownersOf(owner, group)],
    // A frozen home of a qmail server is sticky, and mail needs no rights of its own.
    ...["--chmod=D-t,Fug-s", `--rsh=${link.remoteShell}`, `${link.remote}:/`, `${waitingRoom}/`],
  ];
  const sizes = lists.map(({ length }) => String(length));
  const { exitCode, stderr } = await host.runJob({
    name: "mail-merge",
    argv: ["sh", "-c", mergeScript, "sh", work, merge.root, ...sizes, ...rsync],
    stdin: Buffer.concat(lists),
    environment: { LC_ALL: "C" },
    accept: "any",
  });
  if (exitCode !== 0) throw mergeFailed(exitCode, stderr.toString("utf8"), from, host.name);
}

/** Maildir++ marks what is a folder of another one. */
function isSubfolder(folder: ByteText): boolean {
  return /\/\.[^/]*$/.test(folder);
}

function ownersOf(owner = "", group = ""): string[] {
  return owner === "" && group === "" ? [] : [`--chown=${owner}:${group}`];
}

function mergeFailed(exitCode: number, stderr: string, from: string, host: string): Failure {
  const said = stderr
    .split("\n")
    .filter((line) => line !== "")
    .slice(0, 5)
    .join("\n");
  const meaning = exitCode === nameTaken ? "a name was taken meanwhile" : rsyncExit(exitCode).meaning;
  return new Failure(
    "task-failed",
    `merge from ${from}: ${meaning} (exit code ${exitCode})\n${said}`.trim(),
    {
      host,
      next: "Mend the cause (free space and inodes on old: df, df -i), then run the stage again: it goes on with what is left.",
    },
  );
}

/** The exit code of a merge that found a name taken which was free when it was planned. */
const nameTaken = 77;

/**
 * `$1` is a directory for the lists, `$2` the mail root; then come the sizes of the lists on the input, and rsync. Messages come into
 * a waiting room on the root's own file system; hard links give them their places, which no link takes from another. Nothing here
 * removes or replaces a message. What is made belongs to whom it does in the waiting room, or else the directory that it is in.
 */
const mergeScript = String.raw`
work=$1; root=$2
shift 2
mkdir -p -m 0700 -- "$work" || exit 11
for list in parts subfolders bring renamed flags controls contents; do
  head -c "$1" >"$work/$list" || exit 11
  shift
done
exec 9<"$root" || exit 11
flock -w 30 9 || exit 75
cd -- "$root" || exit 11
room=${waitingRoom}
rm -rf -- "$room" && mkdir -m 0700 -- "$room" || exit 11

if [ -s "$work/bring" ]; then
  "$@" <"$work/bring" || exit "$?"
fi

{ ( cd -- "$room" && find . -mindepth 1 -type d -print0 ) && cat -- "$work/parts"; } >"$work/made" || exit 11
ROOM=$room xargs -0 -r -n 200 sh -c '
  for made do
    [ ! -d "$made" ] || continue
    like=$ROOM/$made
    [ -d "$like" ] || like=$(dirname -- "$made")
    mkdir -m 0700 -- "$made" && chown --reference="$like" -- "$made" && chmod --reference="$like" -- "$made" || exit 255
  done' sh <"$work/made" || exit 11
xargs -0 -r -n 200 sh -c '
  for folder do
    [ -e "$folder/maildirfolder" ] ||
      { : >"$folder/maildirfolder" && chown --reference="$folder" -- "$folder/maildirfolder"; } || exit 255
  done' sh <"$work/subfolders" || exit 11

if [ -s "$work/bring" ]; then
  ( cd -- "$room" && xargs -0 -r -n 2 mv -nT -- <"$work/renamed" ) || exit 11
  # What cp says of a name that is taken is another thing in each version: the links tell.
  cp -R -P -l -n -- "$room/." . 2>"$work/said"
  ( cd -- "$room" && find . -type f -print0 | xargs -0 -r -n 500 sh -c '
    for file do [ "$file" -ef "../$file" ] || printf "%s\n" "$file"; done' sh ) >"$work/left" || exit 11
  if [ -s "$work/left" ]; then
    cat "$work/said" "$work/left" >&2
    exit ${nameTaken}
  fi
fi

xargs -0 -r -n 200 sh -c '
  while [ "$#" -gt 1 ]; do
    [ ! -e "$1" ] || mv -nT -- "$1" "$2" || exit 255
    shift 2
  done' sh <"$work/flags" || exit 11

exec 8<"$work/contents"
ROOM=$room xargs -0 -r -n 200 sh -c '
  while [ "$#" -gt 1 ]; do
    head -c "$2" <&8 >"$ROOM/control" && chown --reference="$(dirname -- "$1")" -- "$ROOM/control" &&
      chmod 0600 "$ROOM/control" && mv -fT -- "$ROOM/control" "$1" || exit 255
    shift 2
  done' sh <"$work/controls" || exit 11
sync -f . || exit 11
rm -rf -- "$room" "$work"`;
