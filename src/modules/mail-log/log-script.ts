/**
 * The command that prints the mail log from a moment on (seconds since 1970), for `readMailLog`: the lines that fit `pattern`
 * (an extended regular expression; all others would only be carried for nothing). It only reads.
 *
 * Its own lines begin with a number sign, where those of a log begin with a time: `#mail-log journal|files NOW ZONE`,
 * `#oldest SECONDS` (how far back it reaches, where that is known), `#first LINE` (of each file), `#failed WHAT`.
 */
export function logCommand(since: number, pattern: string): string[] {
  return ["sh", "-c", script, "mail-log", String(Math.floor(since)), pattern];
}

/**
 * Three places may hold the log: a file of Postfix's own (maillog_file), the journal, and rsyslog's files. The journal is
 * taken when it reaches back far enough, since its times are exact; else the files, the rotated ones first.
 */
const script = String.raw`
LC_ALL=C; export LC_ALL
since=$1 pattern=$2
log=$(postconf -h maillog_file 2>/dev/null)
oldest=
if [ -z "$log" ]; then
  log=/var/log/mail.log
  if [ ! -e "$log" ] && [ -e /var/log/maillog ]; then log=/var/log/maillog; fi
  if command -v journalctl >/dev/null; then
    journalctl --sync >/dev/null 2>&1
    oldest_of() { journalctl --quiet --no-pager --output short-unix "$1" 2>/dev/null | head -n 1 | cut -d . -f 1; }
    if [ -n "$(oldest_of SYSLOG_FACILITY=2)" ]; then oldest=$(oldest_of _UID=0); fi
  fi
fi
files_of() {
  find "$(dirname "$log")" -maxdepth 1 -type f -name "$(basename "$log")*" -size +0 "$@" -printf '%T@ %p\n' | sort -n | cut -d ' ' -f 2-
}
files=$(files_of -newermt "@$since")
source=files
if [ -n "$oldest" ] && { [ "$oldest" -le "$since" ] || [ -z "$files" ]; }; then source=journal; fi
echo "#mail-log $source $(date +'%s %z')"
if [ $source = journal ]; then
  echo "#oldest $oldest"
  { journalctl --all --quiet --no-pager --output short-unix --since "@$since" SYSLOG_FACILITY=2 + SYSLOG_IDENTIFIER=systemd-journald ||
      echo "#failed journalctl ended with $?"; } | grep -aE "^#failed |$pattern"
  exit 0
fi
if [ -n "$(files_of ! -newermt "@$since")" ]; then echo "#oldest 0"; fi
printf '%s\n' "$files" | while IFS= read -r file; do
  case $file in
    '') continue ;;
    *.gz) set -- gzip -dc ;; *.xz) set -- xz -dc ;; *.bz2) set -- bzip2 -dc ;; *.zst) set -- zstd -qdc ;; *) set -- cat ;;
  esac
  echo "#first $("$@" -- "$file" 2>/dev/null | head -n 1)"
  { "$@" -- "$file" || echo "#failed $file could not be read"; } | grep -aE "^#failed |$pattern"
done
exit 0
`;
