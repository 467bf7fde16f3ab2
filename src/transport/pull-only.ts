import { archiveRecordBlocks, archiveRequest } from "../contract/data-link.ts";

/**
 * A forced command that lets the other side read one directory, by rsync or as one tar stream of the whole of it, and do
 * nothing else. `$1` is the directory. rsync's own rrsync is not asked: Debian 11's is written in Perl and follows symbolic
 * links out of its directory, and later ones need Python, which a small host may lack and which takes longer to start than a
 * last pass may. sshd puts what the other side asked for into SSH_ORIGINAL_COMMAND. Nothing of it is ever given to a shell:
 * it is cut into words and each must be on the list.
 */
export const pullOnlyScript = `#!/bin/sh
# Made by Mailferry: lets one directory be read, by rsync or as a whole by tar, and nothing else.
set -fu
LC_ALL=C
export LC_ALL
unset CDPATH TAR_OPTIONS
refuse() { echo "mailferry: refused: $1" >&2; exit 1; }
directory=$(readlink -f -- "$1" && echo x) || refuse "the directory is not there"
directory=\${directory%?x}
cd -- "$directory" || refuse "the directory can't be entered"
asked=\${SSH_ORIGINAL_COMMAND-}

# How far rsync is to step back for who uses the host stands in front of it.
nice=0
ionice=
while :; do
  word=\${asked%% *}
  case $asked in
    nice=[0-9]" "* | nice=1[0-9]" "*) nice=\${word#*=} ;;
    ionice=[0-7]" "*) ionice="-c 2 -n \${word#*=}" ;;
    ionice=idle" "*) ionice="-c 3" ;;
    *) break ;;
  esac
  asked=\${asked#* }
done
step_back() {
  if [ -n "$ionice" ] && ionice $ionice true 2>/dev/null; then set -- ionice $ionice "$@"; fi
  exec nice -n "$nice" "$@"
}

# The whole directory: tar is told no path but this one, and follows no link. Of a shard it leaves out what the other side lists.
case $asked in
  "${archiveRequest}" | "${archiveRequest} "*)
    case $asked in *[!A-Za-z0-9._*=\\ -]*) refuse "a character that is not allowed" ;; esac
    set -- $asked
    shard=
    for word do
      shift
      case $word in
        ${archiveRequest}) ;;
        --nice=[0-9] | --nice=1[0-9]) nice=\${word#*=} ;;
        --ionice=[0-7]) ionice="-c 2 -n \${word#*=}" ;;
        --ionice=idle) ionice="-c 3" ;;
        --gzip) set -- "$@" "--use-compress-program=gzip -1" ;;
        --shard) shard="--anchored --no-wildcards --exclude-from=-" ;;
        --acls | --xattrs) set -- "$@" "$word" ;;
        # The beginning of a name, or its end: with one * a pattern for whole paths says the same, and takes tar half the time.
        --exclude=*"*"*"*"* | --exclude=*[!*]"*"[!*]*) refuse "the word $word" ;;
        --exclude=?*) set -- "$@" "--exclude=*/\${word#*=}" ;;
        --owner=?* | --group=?*)
          case \${word#*=} in *[!0-9]*) refuse "the option $word" ;; esac
          set -- "$@" "$word" ;;
        *) refuse "the word $word" ;;
      esac
    done
    set -- tar --create --file=- --blocking-factor=${archiveRecordBlocks} --sparse --format=posix --pax-option=delete=atime,delete=ctime,delete=mtime \
      --anchored --wildcards --wildcards-match-slash "$@" $shard .
    step_back "$@"
    ;;
esac

case $asked in
  "rsync --server --sender "*) ;;
  *) refuse "only reading by rsync is allowed" ;;
esac
# Neither quotes nor backslashes nor anything else that would need them, and no second line.
case $asked in
  *[!A-Za-z0-9_./@+=:,%\\ -]*) refuse "a character that is not allowed" ;;
esac

# Keeps to DIRECTORY, by name and by what symbolic links make of it.
inside() {
  case /$1/ in */../*) return 1 ;; esac
  real=$(readlink -f -- "./$1" && echo x) || return 0
  real=\${real%?x}
  [ "$directory" = / ] || [ "$real" = "$directory" ] || [ "\${real#"$directory"/}" != "$real" ]
}

set -- $asked
shift 3
count=$#
paths=no
found=no
while [ "$count" -gt 0 ]; do
  word=$1
  shift
  count=$((count - 1))
  if [ "$paths" = yes ]; then
    while [ "$word" != "\${word#/}" ]; do word=\${word#/}; done
    [ -n "$word" ] || word=.
    inside "$word" || refuse "$word is not inside the directory"
    case $word in -*) word=./$word ;; esac
    found=yes
  else
    case $word in
      .) paths=yes; set -- "$@" . ; continue ;;
      --append | --append-verify | --delete | --delete-after | --delete-before | --delete-delay | --delete-during) ;;
      --delete-excluded | --delete-missing-args | --existing | --force | --from0 | --files-from=- | --fsync | --fuzzy) ;;
      --group | --hard-links | --ignore-errors | --ignore-existing | --ignore-missing-args | --ignore-times) ;;
      --inplace | --links | --list-only | --new-compress | --old-compress) ;;
      --no-implied-dirs | --no-r | --no-relative | --no-specials | --numeric-ids | --one-file-system) ;;
      --open-noatime | --owner | --partial | --perms | --preallocate | --recursive | --safe-links | --size-only) ;;
      --specials | --stats | --times | --use-qsort) ;;
      --block-size=* | --bwlimit=* | --checksum-choice=* | --checksum-seed=* | --compress-choice=*) ;;
      --compress-level=* | --groupmap=* | --iconv=* | --info=* | --log-format=* | --max-alloc=*) ;;
      --max-delete=* | --max-size=* | --min-size=* | --modify-window=* | --partial-dir=* | --skip-compress=*) ;;
      --suffix=* | --timeout=* | --usermap=*) ;;
      --*) refuse "the option $word" ;;
      -*[!A-Za-z0-9.@-]*) refuse "the option $word" ;;
      # -K, -L and -k follow links out of the directory; -s hides words from this check; -v tells what rules for what to
      # leave out it read from any file. Behind e stands no option.
      -?*) case \${word%%e*} in *[KLksv]*) refuse "the option $word" ;; esac ;;
      *) refuse "the word $word" ;;
    esac
  fi
  set -- "$@" "$word"
done
[ "$found" = yes ] || refuse "no path"

# Before 3.5 rsync also tells the line of such a file that is no rule.
tell() {
  while IFS= read -r line; do
    case $line in *filter*) line="\${line%%filter*}filter" ;; *rule*) line="\${line%%rule*}rule" ;; esac
    printf '%s\\n' "$line"
  done >&2
}
exec 5>&1
code=$({ { (step_back rsync --server --sender --msgs2stderr "$@") 2>&1 >&5 5>&- 6>&-; echo "$?" >&6; } | tell 5>&- 6>&-; } 6>&1)
exit "$code"
`;
