import type { LedgerHash } from "../../mail/ledger.ts";

/** The program that makes each hash, and how it ends its records. All are fed file names by xargs. */
export const hashPrograms: Readonly<Record<LedgerHash, { argv: string; section: "H" | "N" }>> = {
  sha256: { argv: "sha256sum -z", section: "H" },
  blake2b: { argv: "b2sum -z", section: "H" },
  blake3: { argv: "b3sum", section: "N" },
  xxh128: { argv: "xxhsum -H2", section: "N" },
};

/** Fastest first: measured over 2 GB of mail with warm caches. */
export const hashesByRate: readonly LedgerHash[] = ["xxh128", "blake3", "sha256", "blake2b"];

/** What the script writes to its standard error about its own parts; any other line there is an error of a tool. */
export const statusLine = /^mailferry: (find|sort) ended with ([0-9]+)$/;

/** The command that lists a mail root for `LedgerScan` (which documents the output). It only reads. */
export function scanCommand(root: string, hash: LedgerHash | "none"): string[] {
  const { argv, section } = hash === "none" ? { argv: "", section: "H" } : hashPrograms[hash];
  return ["sh", "-c", script, "mail-ledger", root, argv, section, batch];
}

/** What find takes for a file beside the messages that can't be rebuilt. */
export const otherFiles = [
  "! -regex '.*/(cur|new|tmp)/[^/]*'",
  ...[
    ...["dovecot.index*", "dovecot.list.index*", "dovecot.mailbox.log*", "dovecot-uidvalidity*"],
    ...["dovecot-uidlist*", "dovecot-keywords*", "subscriptions", "maildirsize", "*.lock", "*.svbin"],
    ...[".dovecot.lda-dupes*", "*.log"],
  ].map((pattern) => `! -name '${pattern}'`),
].join(" ");

/**
 * A folder is what holds two of cur, new and tmp, or one of them with something in it that is named as a message.
 * A cur or new with directories in it (more than two links) is the home of a user of that name, unless a message lies
 * there. One without (two links) is not walked into; where a file system doesn't count links it is, at some cost.
 */
const script = String.raw`
LC_ALL=C; export LC_ALL
cd -- "$1" || exit 1
told() { printf 'mailferry: %s ended with %s\n' "$1" "$2" >&2; }
{ find . -type d \( -name cur -o -name new \) \( -links -3 -o -exec sh -c '
    for f in "$1"/[0-9]*; do if [ -f "$f" ]; then exit 0; fi; done; exit 1' sh {} \; \) \
    -printf '%h/\0' -links 2 -prune; told find $?; } |
  { sort -zu; told sort $?; } |
  xargs -0 -r sh -c '
    for d do
      count=0
      for c in cur new tmp; do if [ -d "$d$c" ]; then count=$((count + 1)); fi; done
      if [ "$count" -lt 2 ]; then
        for f in "$d"cur/[0-9]* "$d"new/[0-9]*; do if [ -f "$f" ]; then count=2; break; fi; done
      fi
      if [ "$count" -ge 2 ]; then printf "%s\0" "$d"; fi
    done' sh |
  xargs -0 -r -n 256 sh -c "$4" sh "$2" "$3"
status=$?
printf 'H\0'
find . -regextype posix-extended -type f -size -16385k ${"$"}{others} -print0 | xargs -0 -r sha256sum -z
printf 'O\0'
find . -regextype posix-extended ! -type d ${"$"}{others} -printf '%p//%y %s %l\0' | sort -z
printf 'Z%s\0' "$status"
`.replaceAll("${others}", otherFiles);

/** Lists up to 256 folders: `$1` the hash program (may be empty), `$2` how its output ends, then the folders. */
const batch = String.raw`
hash=$1; section=$2; shift 2
printf 'B\0'
for d do printf 'F%s\0' "$d"; done
for d do
  for f in dovecot-uidlist dovecot-keywords subscriptions; do
    if [ -e "$d$f" ]; then printf '%s\0' "$d$f"; fi
  done
done | xargs -0 -r sed -s '1{h;s/.*/\x00/p;F;s/.*/\x00/p;g}'
inside() {
  for d do
    for c in cur new; do if [ -d "$d$c" ]; then printf '%s\0' "$d$c"; fi; done
  done
}
if [ -n "$hash" ]; then
  printf '\0%s\0' "$section"
  inside "$@" | xargs -0 -r sh -c 'exec find "$@" -maxdepth 1 -type f ! -name ".*" -print0' sh |
    xargs -0 -r $hash
fi
printf '\0M\0'
inside "$@" |
  xargs -0 -r sh -c 'exec find "$@" -maxdepth 1 ! -type d ! -name ".*" -printf "%y %s %u %p\\0"' sh
printf 'E\0'
`;
