import { createHash } from "node:crypto";
import { copiedFromFile } from "../../contract/copied-from.ts";
import { Refused } from "../../contract/errors.ts";
import type { HostReader, HostWriter } from "../../contract/host.ts";
import { readable } from "../../mail/byte-text.ts";
import { longLookMs } from "./source-check.ts";

/** Where the passes into one directory keep their notes, on the host that pulls. */
export interface PassNotes {
  readonly directory: string;
  /** What this pass is called in them. */
  readonly pass: string;
}

/** Names a pull among those into one host. */
export function pullId(from: string, dest: string): string {
  return createHash("sha256").update(`${from}\0${dest}`).digest("hex").slice(0, 12);
}

/** Where a pull keeps its notes, below the directory of Mailferry's own files. */
export function notesPath(work: string, id: string): string {
  return `${work}/pull-${id}`;
}

/** What find takes for a message. In another locale than C its patterns pass over names that are not of its character set. */
export const isMessage = "-regextype posix-extended -type f -regex '.*/(cur|new)/[^/]*' ! -name '.*'";

/**
 * Shell functions. `message_names`: each message's path by its folder and unique base name, sorted, NUL after each: it
 * stays the same when it moves from new to cur or its flags change. `list_messages`: all of them below `$1`.
 *
 * The notes of what passes brought are in `known` what the last pass through all of both trees left, in `known.brought` what others
 * added since, and in `known.gone` what they took away: so a pass writes no more than it changed. `keep_known` begins them anew with
 * `known.new`; `known_messages` tells all that is there by them.
 *
 * `names_not_in` prints what of the sorted names `$1` is none of the sorted names `$2`. A pass takes few of many: those are searched for, since to
 * read all that is known would take the longer, the more is stored.
 */
export const listMessagesFunction = String.raw`
LC_ALL=C
export LC_ALL
unique_names() { sed -z 's|/new/\([^/]*\)$|/cur/\1|; s|:2,[^/]*$||'; }
message_names() { unique_names | sort -zu; }
list_messages() { find "$1" ${isMessage} -printf '%P\0' | message_names; }
names_not_in() {
  if [ "$(($(stat -c %s -- "$1") * 256))" -lt "$(stat -c %s -- "$2")" ] && perl -e 1 2>/dev/null; then
    perl -e '
      $/ = "\0";
      binmode STDOUT;
      open my $names, "<:raw", $ARGV[0] or die "$ARGV[0]: $!\n";
      open my $known, "<:raw", $ARGV[1] or die "$ARGV[1]: $!\n";
      while (my $name = <$names>) {
        # Whoever begins before $from is less, whoever begins at $to or behind it is not.
        my ($from, $to) = (0, -s $known);
        while ($from < $to) {
          my $middle = int(($from + $to) / 2);
          seek $known, $middle && $middle - 1, 0 or die "$ARGV[1]: $!\n";
          <$known> if $middle;
          my $found = <$known>;
          if (defined $found && $found lt $name) { $from = tell $known } else { $to = $middle }
        }
        seek $known, $from, 0 or die "$ARGV[1]: $!\n";
        my $found = <$known>;
        print $name unless defined $found && $found eq $name;
      }
      close $names or die "$ARGV[0]: $!\n";
      close STDOUT or die "$!\n"' -- "$1" "$2"
  else
    comm -z -23 -- "$1" "$2"
  fi
}
keep_known() { mv -f -- "$1/known.new" "$1/known" && rm -f -- "$1/known.brought" "$1/known.gone"; }
known_messages() {
  if [ -e "$1/known.gone" ]; then
    sort -zmu -- "$1/known" "$1/known.brought" | comm -z -23 - "$1/known.gone"
  else
    cat -- "$1/known"
  fi
}`;

/**
 * Refuses when there are messages in `dest` that no pass brought: somebody else writes there, and a pass with delete
 * would remove them. `adopt` takes what was there before the first pass as copied.
 */
export async function refuseForeignMessages(
  notes: Pick<PassNotes, "directory">,
  dest: string,
  adopt: boolean,
  host: HostReader,
): Promise<"guarded" | "adopted" | "unknown"> {
  const names = new FirstNames(20);
  const { stderr } = await host.probe(["sh", "-c", foreignScript, "sh", notes.directory, dest], {
    timeoutMs: longLookMs,
    onStdout: (chunk) => names.feed(chunk),
  });
  const basis = /^mailferry: (known|first|interrupted)$/m.exec(stderr.toString("utf8"))?.[1];
  if (basis === "interrupted") return "unknown";
  if (names.count === 0) return "guarded";
  if (basis === "first" && adopt) return "adopted";
  const next =
    basis === "first"
      ? `Is ${host.name} really the new host? If the messages are an earlier copy of the source, by hand or by another operator, say \`adopt: true\` (role maildir: maildir_adopt); if they are new mail, move them aside.`
      : ownMail;
  throw strangersAre(names, dest, host.name, next);
}

/**
 * Refuses to take what lies on a host for a copy when the host is one that mail was copied from: an inventory with old and
 * new the wrong way round would have the originals removed.
 */
export async function refuseOriginal(dest: string, host: HostReader): Promise<void> {
  const since = (await host.readText(copiedFromFile))?.trim();
  if (since === undefined) return;
  throw new Refused(
    `the messages in ${dest} on ${host.name} are no copy: mail was copied from this host since ${since}`,
    {
      host: host.name,
      next: `Are old and new the wrong way round in the inventory? When this host is really to be filled, because that move is over and its mail is elsewhere, remove ${copiedFromFile} on it first.`,
    },
  );
}

/**
 * Refuses to fill a directory for the first time once old is frozen, when passes before filled others: this one was not
 * meant, and what came in since those passes would stay behind.
 */
export async function refuseNewcomer(
  { directory }: Pick<PassNotes, "directory">,
  dest: string,
  host: HostReader,
): Promise<void> {
  const { stdout } = await host.probe(["sh", "-c", othersScript, "sh", directory]);
  if (stdout.length === 0) return;
  throw new Refused(`no pass filled ${dest} on ${host.name} before old was frozen, and others were filled`, {
    host: host.name,
    next: "Is it the directory that hot-copy filled (vmail_directory)? When this one is meant too, let a pass with `phase: hot` fill it first.",
  });
}

/** Prints something when other directories have notes, and this one has none. */
const othersScript = `
[ -e "$1/known" ] || [ -e "$1/pulling" ] || for notes in "\${1%/*}"/pull-*/known; do if [ -e "$notes" ]; then echo; fi; done`;

/** The same for names that a pass told, NUL after each. */
export function strangersRefused(told: string, dest: string, host: string): Refused {
  const names = new FirstNames(20);
  names.feed(Buffer.from(told, "utf8"));
  return strangersAre(names, dest, host, ownMail);
}

const ownMail =
  "This host took mail of its own. Find out how (Postfix, LMTP, IMAP), stop it, and move the messages aside.";

function strangersAre(names: FirstNames, dest: string, host: string, next: string): Refused {
  const what = `${names.count} messages in ${dest} on ${host} were brought by no pass: ${names.shown()}`;
  return new Refused(what, { host, next });
}

/** Prints what is in the directory and not in the notes; the notes are `known`, and `pulling` while a pass runs. */
const foreignScript = `${listMessagesFunction}
cd -- "$2" 2>/dev/null || { echo 'mailferry: first' >&2; exit 0; }
if [ -e "$1/pulling" ]; then echo 'mailferry: interrupted' >&2; exit 0; fi
if [ -e "$1/known" ]; then
  echo 'mailferry: known' >&2
  known_messages "$1" | { exec 3<&0; list_messages . | comm -z -13 /dev/fd/3 -; }
else
  echo 'mailferry: first' >&2
  list_messages .
fi`;

/**
 * Notes all messages of `dest` as brought by passes, where passes have notes at all: they are on the source by now. The
 * next pass compares all of both trees.
 */
export async function noteAllAsKnown(directory: string, dest: string, host: HostWriter): Promise<void> {
  await host.run(["sh", "-c", noteAllScript, "sh", directory, dest], { timeoutMs: longLookMs });
}

/** True when that was done, or when there are no notes of a good pass that could mislead one. */
export async function areAllNoted(directory: string, host: HostReader): Promise<boolean> {
  const { exitCode } = await host.probe(["sh", "-c", '[ ! -e "$1" ]', "sh", `${directory}/pass`], {
    accept: [0, 1],
  });
  return exitCode === 0;
}

/** `pass` goes last: as long as it is there, nothing was noted. Step by step, because a pipe tells only how its last part ended. */
const noteAllScript = String.raw`${listMessagesFunction}
[ -e "$1/known" ] || exit 0
cd -- "$2" &&
  find . ${isMessage} -printf '%P\0' >"$1/found" &&
  unique_names <"$1/found" >"$1/names" &&
  sort -zu <"$1/names" >"$1/known.new" &&
  keep_known "$1" &&
  rm -f -- "$1/pass" "$1/found" "$1/names"`;

/** Counts names that end in NUL and keeps the first ones. */
class FirstNames {
  count = 0;
  readonly #most: number;
  readonly #names: string[] = [];
  #rest = "";

  constructor(most: number) {
    this.#most = most;
  }

  feed(chunk: Buffer): void {
    const names = (this.#rest + chunk.toString("latin1")).split("\0");
    this.#rest = names.pop() ?? "";
    this.count += names.length;
    this.#names.push(...names.slice(0, this.#most - this.#names.length));
  }

  shown(): string {
    const more = this.count > this.#names.length ? ", …" : "";
    return this.#names.map(readable).join(", ") + more;
  }
}
