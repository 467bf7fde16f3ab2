import { type DataLink, mailboxRequest } from "../../contract/data-link.ts";
import { Failure } from "../../contract/errors.ts";
import type { HostWriter } from "../../contract/host.ts";
import type { ApplyContext } from "../../contract/module.ts";
import { eachUserBegin, eachUserFunctions, runForEachUser, underWay } from "./each-user.ts";
import { listFunction, type Places } from "./user-homes.ts";

/** What is to be imported, and how. */
export interface ImportJob {
  readonly places: Places;
  /** Users with their directory, relative to the mail root, and what it was like (`SourceHome`; empty for a copy). */
  readonly users: readonly (readonly [user: string, home: string, sum: string])[];
  readonly files: readonly string[];
  readonly config: string | undefined;
  readonly mode: "backup" | "merge";
  readonly adopt: boolean;
  /** Users at once; 0: as many as there are processors. */
  readonly parallel: number;
  readonly lockSeconds: number;
  readonly idleSeconds: number;
}

export interface ImportOutcome {
  readonly imported: number;
  /** Users who have no Maildir in the copy. */
  readonly withoutMail: number;
  readonly failed: readonly { readonly user: string; readonly code: number; readonly said: string }[];
}

/**
 * Imports the users as one job that outlives the connection: over the link from the host behind it, without one from a copy on
 * this host. Each whose import came through is noted right away.
 */
export async function runImport(
  { places, users, files, config, mode, adopt, parallel, lockSeconds, idleSeconds }: ImportJob,
  link: DataLink | undefined,
  host: HostWriter,
  context: Pick<ApplyContext, "progress" | "workDirectory">,
): Promise<ImportOutcome> {
  await context.workDirectory(host);
  const dsync = [
    ...(mode === "backup" ? ["backup"] : ["sync", "-1"]),
    ...["-R", "-l", String(lockSeconds), "-T", String(idleSeconds)],
  ];
  const rules = files.flatMap((file) => [`--include=/${file}`, `--include=/${file}/**`]);
  const isChecked = mode === "backup" && !adopt;
  const settings = [places.path, places.maildir, places.state, isChecked ? "yes" : "", dsync.join(" ")];
  const copied = files.length === 0 ? "" : rules.join(" ");
  const remote = link?.remote ?? "";
  // ssh wants an IPv6 address without the brackets that rsync needs.
  const way = [link?.remoteShell ?? "", remote.replaceAll(/[[\]]/g, ""), remote];
  const words = [...settings, copied, config ?? "", ...way];
  const job = { name: "dsync-import", script: importScript, parallel, words, users };
  const { results, exitCode, stderr } = await runForEachUser(job, host, context);
  if (exitCode !== 0 || results.length !== users.length) {
    throw brokenOff(exitCode, stderr, results.length, users.length, host.name);
  }
  return {
    imported: results.filter(({ code }) => code === 0).length,
    withoutMail: results.filter(({ code }) => code === "none").length,
    failed: results.flatMap(({ code, user, said }) =>
      code === 0 || code === "none" ? [] : { user, code, said },
    ),
  };
}

function brokenOff(code: number, stderr: string, done: number, of: number, host: string): Failure {
  const why = code === underWay ? "another import is at work" : `exit code ${code}`;
  return new Failure(
    "task-failed",
    `the import ended after ${done} of ${of} users: ${why}\n${stderr}`.trim(),
    {
      host,
      next: "Run the stage again: it goes on with the users that are left.",
    },
  );
}

/** Of the users whose import did not come through. */
export function failedImport({ imported, failed }: ImportOutcome, host: string): Failure {
  const lines = failed
    .slice(0, namedAtMost)
    .map(({ user, code, said }) => `  ${user}: ${meaningOf(code)}: ${said}`);
  const more = failed.length > namedAtMost ? [`  and ${failed.length - namedAtMost} more`] : [];
  const what = `${failed.length} users could not be imported, ${imported} were:`;
  const hint = hints.find(({ said }) => failed.some((one) => said.test(one.said)))?.hint;
  return new Failure("task-failed", [what, ...lines, ...more].join("\n"), {
    host,
    next: `${hint === undefined ? "" : `${hint} `}Run the stage again then: it imports only what failed or changed.`,
  });
}

const namedAtMost = 20;

function meaningOf(code: number): string {
  if (code === 2) return "did not settle, changes came in meanwhile (exit code 2)";
  if (code === ownMail) return "was refused";
  return `exit code ${code}`;
}

/** What Dovecot says, and what helps. */
const hints: readonly { readonly said: RegExp; readonly hint: string }[] = [
  {
    said: /hierarchy separator/,
    hint: "Say in the namespace of new's Dovecot which separator its folders have: `namespace inbox { separator = . }` keeps the names that a Maildir has by default.",
  },
  {
    said: /message size larger than expected|Broken physical size/,
    hint: "The file name of that message tells a wrong size (S=): correct that on old, with Dovecot's maildir-size-fix.pl for instance, and copy again.",
  },
  {
    said: /compatible protocol/,
    hint: "The two Dovecots don't understand each other's dsync. Import from a copy of the files: leave `from` out (role dbox: `dbox_source: files`).",
  },
  {
    said: /Renaming INBOX|mail that no import brought/,
    hint: "New's mailboxes must be left alone before the first import: remove those of the named users on new, or say `adopt: true` where what is there may go.",
  },
];

const ownMail = 77;

/**
 * `$1` is how many at once (0: as many as processors), `$2` the mail root, `$3` the Maildir in a user's directory, `$4` where is
 * kept what is known, `$5` whether a mailbox must be empty before its first import, `$6` the command of doveadm, `$7`
 * rsync's rules for the files beside the Maildir, `$8` Dovecot's configuration (empty: its own), `$9`, `$10` and `$11` the way to
 * another host: ssh, and the host as ssh and as rsync call it (empty: the mail root is a copy on this one). Users, their
 * directories and what these were like come on the input. That a mailbox is empty is seen by its files: asked for them, Dovecot would make folders, whose UIDVALIDITY could not
 * be old's any more. What an import from elsewhere brought does not hold any more, either.
 */
const importScript = String.raw`${eachUserBegin}
take_turn "${"$"}{3%/*}"
mkdir -p -m 0700 -- "$3/known" "${"$"}{3%/*}/begun" || exit 12
case "$5 $(doveconf ${"$"}{7:+-c "$7"} -n 2>/dev/null)" in backup*mdbox*) purges=yes ;; *) purges= ;; esac
export purges
xargs -0 -r -n 3 -P "$at_once" sh -c '${listFunction.replaceAll("'", String.raw`'\''`)}
root=$1 maildir=$2 state=$3 must_be_empty=$4 dsync=$5 rules=$6 config=$7 shell=$8 reached=$9
shift 9
remote=$1 user=$2 home=$3 sum=$4
${eachUserFunctions}
if [ -n "$remote" ]; then
  files=$remote:/
  set -f
  set -- $shell "$reached" ${mailboxRequest} "$user"
  set +f
else
  cd -- "$root" || exit 255
  [ -d "./$home/$maildir/cur" ] || tell none ""
  files=.
  set -- "maildir:$root/$home/$maildir"
fi
# What is noted of it does not hold any more.
rm -f -- "${"$"}{state%/*}"/*/known/"$user"
begun=${"$"}{state%/*}/begun/$user
if [ -n "$must_be_empty" ] && [ ! -e "$begun" ]; then
  find_home
  there=$(find "$home_here" -type f \( -path "*/dbox-Mails/u.*" -o -path "*/storage/m.*" -o -path "*/cur/*" -o -path "*/new/*" \) -print -quit 2>/dev/null)
  [ -z "$there" ] || tell ${ownMail} "Error: mail that no import brought is in its mailbox, $there"
fi
: >"$begun" || exit 255
# Of an index that is older than the files, dsync would take old flags. Dovecot makes it anew.
[ -n "$remote" ] || find "./$home/$maildir" -type f \( -name "dovecot.index*" -o -name "dovecot.list.index*" -o -name dovecot.mailbox.log \) -delete
# Mail that came before its UID gets one here, and another one when old has said it: dsync takes it out of the way first (75),
# then brings it anew (2), then is done.
code=2
tries=5
while { [ "$code" -eq 2 ] || [ "$code" -eq 75 ]; } && [ "$tries" -gt 0 ]; do
  said=$(ask $dsync -u "$user" "$@")
  code=$?
  tries=$((tries - 1))
done
[ "$code" -eq 0 ] || tell "$code" "$said"
# What an import took out of an mdbox stays in its files until then, and is back when the map of them is lost and made anew.
[ -z "$purges" ] || said=$(ask purge -u "$user") || tell "$?" "$said"
if [ -n "$rules" ]; then
  find_home
  [ -d "$home_here" ] || tell 1 "Error: no home: $home_here"
  # Among the words that are asked of the other host, the link refuses what a shell would see more in than a name.
  said=$(set -f; printf "%s/./\0" "$home" | rsync -ar --from0 --files-from=- --no-devices --chmod=Fug-s --delete ${"$"}{remote:+-e "$shell"} "--exclude=*.svbin" $rules "--exclude=*" -- "$files" "$home_here/" 2>&1) || tell 1 "Error: $said"
fi
note() { if [ -n "$remote" ]; then printf "%s %s\0" "$sum" "$home"; else list "./$home"; fi; }
note >"$state/.$user" && mv -f -- "$state/.$user" "$state/known/$user" || exit 255
tell 0 ""' sh "$@"`;
