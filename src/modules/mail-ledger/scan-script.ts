import type { LedgerHash } from "../../mail/ledger.ts";
import { lowerPriorityLine, type Priority } from "../priority.ts";

/**
 * The program that makes each hash: fed names by xargs, several at once. Each line has to come in one write, or lines of
 * two processes would mix: coreutils and b3sum see to that, for xxhsum it takes stdbuf.
 */
export const hashPrograms: Readonly<Record<LedgerHash, string>> = {
  sha256: "sha256sum",
  blake2b: "b2sum",
  blake3: "b3sum",
  xxh128: "stdbuf -oL xxhsum -H2",
};

/** The name by which a hash's program is looked for. */
export function hashProgramName(hash: LedgerHash): string {
  return hash === "xxh128" ? "xxhsum" : hashPrograms[hash];
}

/**
 * Fastest first: measured over 2 GB of mail with warm caches. b2sum took half the processor time of coreutils' SHA-256 before Debian 13,
 * and three quarters of OpenSSL's, which begins slowly with each message.
 */
export const hashesByRate: readonly LedgerHash[] = ["xxh128", "blake3", "blake2b", "sha256"];

/** What the script writes to its standard error about its own parts; any other line there is an error of a tool. */
export const statusLine = /^mailferry: (find|sed|sort) ended with ([0-9]+)$/;

/** The format of what the script prints: a scan that was kept by another version can't be read. */
export const scanFormat = "2";

/** The command that lists a mail root for `LedgerScan` (which documents the output). It only reads. */
export function scanCommand(root: string, hash: LedgerHash | "none", priority?: Priority): string[] {
  return [
    "sh",
    "-c",
    lowerPriorityLine(priority) + script,
    "mail-ledger",
    root,
    hash === "none" ? "" : hashPrograms[hash],
    batch,
    otherFilesBatch,
  ];
}

/** What find takes for a file beside the messages that can't be rebuilt. */
export const otherFiles = [
  ...[
    ...["dovecot.index*", "dovecot.list.index*", "dovecot.mailbox.log*", "dovecot-uidvalidity*"],
    ...["dovecot-uidlist*", "dovecot-keywords*", "subscriptions", "maildirsize", "*.lock", "*.svbin"],
    ...[".dovecot.lda-dupes*", "*.log"],
  ].map((pattern) => `! -name '${pattern}'`),
  // Last, because it takes longest.
  "! -regex '.*/(cur|new|tmp)/[^/]*'",
].join(" ");

/**
 * A folder is what holds two of cur, new and tmp, or one of them with something in it that is named as a message.
 * A cur or new with directories in it (more than two links) is the home of a user of that name, unless a message lies
 * there. One without (two links) is not walked into; where a file system doesn't count links it is, at some cost.
 *
 * One walk finds the folders and, on descriptor 3, the other files. Those come last: their sort holds them until nobody
 * has that descriptor any more, and the batches keep it.
 */
const script = String.raw`
LC_ALL=C; export LC_ALL
cd -- "$1" || exit 1
told() { printf 'mailferry: %s ended with %s\n' "$1" "$2" >&2; }
{
  {
    { find . -type d \( \( -name cur -o -name new \) \( -links -3 -o -exec sh -c '
        for f in "$1"/[0-9]*; do if [ -f "$f" ]; then exit 0; fi; done; exit 1' sh {} \; \) \
        -printf '%h/\0' -links 2 -prune -o -name tmp -links 2 -prune \) -o \
        -regextype posix-extended ! -type d ${"$"}{others} -fprintf /dev/fd/3 '%p//%y %s %l\0'; told find $?; } |
      { sort -zu; told sort $?; } |
      xargs -0 -r sh -c '
        for d do
          if [ -d "$d"cur ] && [ -d "$d"new ]; then printf "%s\0" "$d"; continue; fi
          for c in cur new; do
            if [ ! -d "$d$c" ]; then continue; fi
            if [ -d "$d"tmp ]; then printf "%s\0" "$d$c"; break; fi
            for f in "$d$c"/[0-9]*; do if [ -f "$f" ]; then printf "%s\0" "$d$c"; break 2; fi; done
          done
        done' sh |
      xargs -0 -r -n 256 sh -c "$3" sh "$2" >&4
    printf 'Y%s\0' "$?" >&4
  } 3>&1 | { sort -z; told sort $?; } | xargs -0 -r -n 512 sh -c "$4" sh
} 4>&1
printf 'Z%s\0' "$?"
`.replaceAll("${others}", otherFiles);

/**
 * A shell function that hashes the files it is told by the program in `hash`: prints `PATH//#HASH`, NUL after each. OpenSSL makes SHA-256
 * of mail in two thirds of coreutils' time, with what the processor has for it. It doesn't say where a name with a line end in it stops, needs
 * longer to start, and says in many words what it can't read: coreutils say that.
 *
 * A path with odd characters comes escaped, in a line that begins with a backslash; no other one does, since paths begin with "./". awk
 * turns the fields round: to sed, which sees to the escaped ones, a group in an expression costs as much as a short message's hash.
 */
const hashedFunction = String.raw`
empty=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
hash_files() {
  if [ "$hash" = sha256sum ] && [ "$(openssl dgst -r -sha256 /dev/null 2>&1)" = "$empty */dev/null" ]; then
    xargs -0 -r -n 1024 -P "$(nproc)" sh -c '
      case $* in
        *"
"*) exec sha256sum "$@" ;;
      esac
      stdbuf -oL openssl dgst -r -sha256 "$@" 2>/dev/null || sha256sum "$@" >/dev/null' sh
  else
    xargs -0 -r -n 256 -P "$(nproc)" $hash
  fi
}
hashed() {
  hash_files |
    awk '{ at = index($0, " "); path = substr($0, at + 2); hash = substr($0, 1, at - 1) }
      sub(/^\\/, "", hash) { path = "\\" path }
      { print path "//#" hash }' |
    tr '\n' '\0' |
    sed -z '/^\\/{s/\\\\/\x00/g;s/\\n/\n/g;s/\\r/\r/g;s/^\\//;s/\x00/\\/g}'
}`;

/** The command that hashes files below a mail root, on all processors: told on its input, NUL after each. It only reads. */
export function hashCommand(root: string, hash: LedgerHash, priority?: Priority): string[] {
  const only = `${lowerPriorityLine(priority)}LC_ALL=C; export LC_ALL${hashedFunction}\ncd -- "$1" || exit 1\nhash=$2\nhashed`;
  return ["sh", "-c", only, "mail-ledger", root, hashPrograms[hash]];
}

/**
 * Lists up to 256 folders: `$1` the hash program (may be empty), then the folders, each as `./a/`, or as `./a/cur` where
 * there is but one of cur and new. Most messages belong to the owner of the first folder; who owns another one is said with it.
 * Control files come among the messages, in order, so that nobody who reads this has to hold more than one Maildir. Of
 * these files, which are read here, a link of a hostile host could lead to any file of the host that has the copy.
 */
const batch = String.raw`${hashedFunction}
hash=$1; shift
owner=$(find "$1" -maxdepth 0 -printf %U)
owner=${"$"}{owner:-0}
stays() {
  root=$(pwd -P)
  case $(readlink -f -- "$1") in "${"$"}{root%/}"/*) return 0 ;; esac
  printf '%s: this link leads out of the mail root\n' "$1" >&2
  return 1
}
controls() {
  for d do
    d=${"$"}{d%/*}
    for f in "$d/dovecot-uidlist" "$d/dovecot-keywords" "$d/subscriptions"; do
      if [ -f "$f" ] && { [ ! -h "$f" ] || stays "$f"; }; then printf '%s\0' "$f"; fi
    done
  done | xargs -0 -r sed -zs ':a;$!{N;ba};s/\x00/\x01/g;s/$/\/\x00/;F' |
    { sed -z '/^$/d;N;s/\x00/\/\//' || echo "mailferry: control files were cut off" >&2; }
}
inside() {
  for d do
    case $d in
      */) printf '%scur\0%snew\0' "$d" "$d" ;;
      *) printf '%s\0' "$d" ;;
    esac
  done
}
sorted() { sort -z "$@" || echo "mailferry: a batch was not sorted" >&2; }
records() {
  { controls "$@"; inside "$@" | xargs -0 -r sh -c 'owner=$1; shift
    exec find "$@" -maxdepth 1 ! -type d ! -name ".*" \
      \( -type f -uid "$owner" -printf "%p//%s\\0" -o -printf "%p//%s %U%y\\0" \)' sh "$owner"; } | sorted
}
printf 'B\0'
for d do printf 'F%s/\0' "${"$"}{d%/*}"; done
printf 'U%s\0M\0' "$owner"
if [ -z "$hash" ]; then records "$@"
else
  records "$@" | {
    exec 3<&0
    inside "$@" | xargs -0 -r sh -c 'exec find "$@" -maxdepth 1 -type f ! -name ".*" -print0' sh |
      hashed | sorted | sorted -m - /dev/fd/3
  }
fi
printf 'E\0'
`;

/**
 * Lists up to 512 other files, `PATH//TYPE SIZE TARGET` as find told them, behind the hashes of those below 10 MB. Empty ones
 * are not read: each folder of a Maildir++ has one. A link's target may look like the end of a file's record: it stands behind slashes.
 */
const otherFilesBatch = String.raw`
cut_off() { echo "mailferry: the names of other files were cut off" >&2; }
printf 'H\0'
printf '%s\0' "$@" | { sed -zn 's|//f [1-9][0-9]\{0,6\} $||;T;\|//|!p' || cut_off; } | xargs -0 -r sha256sum -z
printf 'O\0'
printf '%s\0' "$@"
`;
