import { Failure } from "../../contract/errors.ts";
import type { HostWriter } from "../../contract/host.ts";
import type { ApplyContext } from "../../contract/module.ts";
import { eachUserBegin, eachUserFunctions, runForEachUser, underWay } from "../dsync-import/each-user.ts";

/** What is to be made into Maildirs, and how. */
export interface ExportJob {
  readonly path: string;
  /** Where Mailferry keeps what it knows of that directory. */
  readonly state: string;
  readonly maildir: string;
  /** Users with their directory, relative to `path`. */
  readonly users: readonly (readonly [user: string, home: string])[];
  readonly files: readonly string[];
  readonly config: string | undefined;
  /** Users at once; 0: as many as there are processors. */
  readonly parallel: number;
  readonly lockSeconds: number;
  readonly idleSeconds: number;
}

export interface ExportOutcome {
  readonly exported: number;
  /** Users who have no home on this host: nothing ever came in for them. */
  readonly withoutMail: number;
}

/** Makes the users' Maildirs as one job that outlives the connection. Throws a Failure unless every one of them came through. */
export async function runExport(
  { path, state, maildir, users, files, config, parallel, lockSeconds, idleSeconds }: ExportJob,
  host: HostWriter,
  context: Pick<ApplyContext, "progress" | "workDirectory">,
): Promise<ExportOutcome> {
  const work = await context.workDirectory(host);
  const settings = [path, state, maildir, `-l ${lockSeconds} -T ${idleSeconds}`, files.join(" "), work];
  const words = [...settings, config ?? ""];
  const job = { name: "dsync-export", script: exportScript, parallel, words, users };
  const { results, exitCode, stderr } = await runForEachUser(job, host, context);
  const failed = results.filter(({ code }) => code !== 0 && code !== "none");
  if (exitCode !== 0 || results.length !== users.length || failed.length > 0) {
    const why = failed.map(({ user, code, said }) => `  ${user}: exit code ${code}: ${said}`);
    throw notWhole(
      exitCode,
      [...why, stderr.trim()],
      results.length - failed.length,
      users.length,
      host.name,
    );
  }
  return {
    exported: results.filter(({ code }) => code === 0).length,
    withoutMail: results.filter(({ code }) => code === "none").length,
  };
}

function notWhole(code: number, said: readonly string[], done: number, of: number, host: string): Failure {
  const why = code === 0 ? "" : `: ${code === underWay ? "another export is at work" : `exit code ${code}`}`;
  const lines = said.filter((line) => line !== "").slice(0, 20);
  return new Failure(
    "task-failed",
    [`Maildirs were made of ${done} of ${of} mailboxes${why}`, ...lines].join("\n"),
    {
      host,
      next: "Mend the cause (free space and inodes on new: df, df -i), then run the stage again: it goes on with what is left.",
    },
  );
}

/**
 * For awk: of what `doveadm mailbox status` said, and of lists of UIDs, the next UID and the list's path where it has to be told
 * another one; `none` for a list of a folder that nothing was said of.
 */
const nextUidsProgram = String.raw`
BEGIN { FS = "\t" }
FILENAME == ARGV[1] && FNR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }
FILENAME == ARGV[1] { next_uid[$column["guid"]] = $column["uidnext"]; next }
FNR == 1 {
  guid = match($0, / G[0-9a-f]+/) ? substr($0, RSTART + 2, RLENGTH - 2) : ""
  uid = match($0, / N[0-9]+/) ? substr($0, RSTART + 2, RLENGTH - 2) : 0
  if (!(guid in next_uid)) print "none " FILENAME
  else if (next_uid[guid] + 0 > uid + 0) print next_uid[guid] " " FILENAME
  nextfile
}`;

/** For awk: of the sizes and names of messages, the first name that tells another size: a packed file's is that of the message in it. */
const firstPackedProgram = `
match($0, /,S=[0-9]+/) && substr($0, RSTART + 3, RLENGTH - 3) + 0 != $1 + 0 { print $2; exit }`;

/** Maildirs are written as plain files, whatever new's configuration says: its plugins need not be old's. 2.4 and 2.3 pass over the other's word. */
const plainly = "-o mail_compress_write_method= -o plugin/zlib_save=";

/**
 * `$1` is how many at once (0: as many as processors), `$2` the directory, `$3` where is kept what is known of it, `$4` the Maildir in a
 * user's directory, `$5` doveadm's waits, `$6` the files beside the Maildir, `$7` the directory of Mailferry's own files, `$8` Dovecot's
 * configuration (empty: its own). Users and their directories come on the input.
 *
 * dsync does not tell a Maildir which UID comes next where that is higher than what the messages have: what had them is gone, and clients
 * know it. So the heads of the lists are told, by the folders' GUIDs, and as they were before, since mail may come in meanwhile. A folder that
 * Dovecot does not tell of has others in it alone, and is none: dsync makes it at first. A GUID with blanks, as a file's name may have had
 * them, is more than Dovecot can read in a list: such a Maildir is made anew, and so is one that dsync can't bring up to date. An import's notes of whom it brought do not hold any more: what
 * users did on new would stay there.
 */
const exportScript = `
next_uids='${nextUidsProgram}'
first_packed='${firstPackedProgram}'
export next_uids first_packed
${eachUserBegin}
take_turn "$2"
umask 066
mkdir -p -- "$1" || exit 11
xargs -0 -r -n 2 -P "$at_once" sh -c '
root=$1 state=$2 maildir=$3 waits=$4 files=$5 work=$6 config=$7 user=$8 home=$9
${eachUserFunctions}
find_home
from=$home_here
if [ ! -d "$from" ]; then
  [ ! -e "$work/dsync/begun/$user" ] || tell 1 "Error: mail was imported into $from, which is gone: is it mounted?"
  tell none ""
fi
to=$root/$home
mkdir -p -- "$(dirname -- "$to")" || tell 1 "Error: no directory for $to"
rm -f -- "$work"/dsync/*/known/"$user"
told=$state/.$user
answer -f tab mailbox status -u "$user" "guid uidnext" "*" >"$told" || tell 1 "$(ask -f tab mailbox status -u "$user" "guid uidnext" "*")"
export_all() {
  code=2
  tries=5
  while { [ "$code" -eq 2 ] || [ "$code" -eq 75 ]; } && [ "$tries" -gt 0 ]; do
    said=$(ask ${plainly} backup $waits -u "$user" "maildir:$to/$maildir")
    code=$?
    tries=$((tries - 1))
  done
  [ "$code" -eq 0 ] || return
  packed=$(find "$to/$maildir" -type f \\( -path "*/cur/*" -o -path "*/new/*" \\) -printf "%s %f\\n" | awk "$first_packed")
  [ -z "$packed" ] || { code=1 said="Error: Dovecot packs or encrypts what it writes (mail_compress, mail_crypt): $packed"; }
}
make() { mkdir -p -- "$to" && chown --reference="$from" -- "$to" && chmod 0700 -- "$to" || tell 1 "Error: $to can not be made"; }
anew() {
  rm -rf -- "$to"
  make
}
make
grep -rhE --include=dovecot-uidlist "^[0-9]+ G" "$to" | grep -qvE "^[0-9]+ G[^ ]+( [POSW][^ ]*)* :" && anew
had=
[ ! -d "$to/$maildir" ] || had=yes
export_all
if [ "$code" -ne 0 ] && [ -n "$had" ]; then
  anew
  export_all
fi
[ "$code" -eq 0 ] || tell "$code" "$said"
find "$to/$maildir" -type f -name dovecot-uidlist -exec awk "$next_uids" "$told" {} + >"$told.heads" || tell 1 "Error: no next UIDs"
while IFS= read -r head; do
  next=${"$"}{head%% *} list=${"$"}{head#* }
  if [ "$next" = none ]; then
    folder=$(dirname -- "$list")
    # All others are in INBOX.
    [ "$folder" = "$to/$maildir" ] || [ -n "$(find "$folder/cur" "$folder/new" -type f -print -quit)" ] || rm -rf -- "$folder"
    continue
  fi
  sed "1s/ N[0-9][0-9]*/ N$next/" <"$list" >"$told.list" && chown --reference="$list" -- "$told.list" &&
    chmod --reference="$list" -- "$told.list" && mv -fT -- "$told.list" "$list" || tell 1 "Error: $list can not be written"
done <"$told.heads"
rm -f -- "$told" "$told.heads"
for file in $files; do
  rm -rf -- "$to/$file"
  [ ! -e "$from/$file" ] && [ ! -L "$from/$file" ] || cp -a -- "$from/$file" "$to/" || tell 1 "Error: $from/$file can not be copied"
done
tell 0 ""' sh "$@"`;
