/** Scripts around jobs on a host. `$1` is always the job's id. Each ends by itself within seconds and may be repeated. */

const common = `if [ "$(id -u)" = 0 ]; then base=/var/lib/mailferry/jobs
else base=\${XDG_STATE_HOME:-$HOME/.local/state}/mailferry/jobs; fi
dir=$base/$1
unit=mailferry-$1
alive() {
  [ -f "$dir/begun" ] || return 1
  read -r pid start boot <"$dir/begun"
  # Without a program: this is asked again and again beside the work.
  { read -r now </proc/sys/kernel/random/boot_id && [ "$boot" = "$now" ] && read -r stat <"/proc/$pid/stat"; } 2>/dev/null || return 1
  set -- \${stat##*) }
  [ "$1" != Z ] && [ "\${20}" = "$start" ]
}
detach() { setsid /bin/sh "$dir/run" "$dir" </dev/null >/dev/null 2>&1 & }
launch() {
  [ ! -e "$dir/begun" ] || return 0
  if [ "$(id -u)" = 0 ] && [ -d /run/systemd/system ] && command -v systemd-run >/dev/null; then
    systemd-run --quiet --collect --unit="$unit" --property=TimeoutStopSec=10 --setenv=HOME="$HOME" \\
      /bin/sh "$dir/run" "$dir" || [ -e "$dir/begun" ] || detach
  else detach; fi
}`;

/**
 * Starts the job unless it has begun. The input holds the job's script (`$2` bytes), then its own input (`$3` bytes). The
 * job's directory appears whole, by a rename; the script itself sees to it that it runs once, so launching again is no harm.
 */
export const startJobScript = `${common}
set -eu
umask 077
mkdir -p -- "$base"
if [ ! -d "$dir" ]; then
  new=$(mktemp -d -- "$base/.new-XXXXXXXXXX")
  trap 'rm -rf -- "$new"' EXIT
  head -c "$2" >"$new/run"
  cat >"$new/stdin"
  if [ "$(wc -c <"$new/run")" -ne "$2" ] || [ "$(wc -c <"$new/stdin")" -ne "$3" ]; then
    echo "the job's script or input was cut short" >&2; exit 1
  fi
  : >"$new/stdout"; : >"$new/stderr"
  sync -- "$new/run" "$new/stdin"
  mv -T -- "$new" "$dir" 2>/dev/null || [ -d "$dir" ]
fi
launch
i=0
while [ ! -e "$dir/begun" ]; do
  [ "$i" -lt 220 ] || { echo "the job did not begin within 10 s" >&2; exit 1; }
  if [ "$i" -lt 20 ]; then sleep 0.01; else sleep 0.05; fi
  i=$((i + 1))
done`;

/**
 * Tells how far a job is: a line with its state, the exit code ("-" without), the bytes of its output, of the errors that follow, and of
 * all that it wrote, then the output from offset \`$2\` on, at most 1 MiB. When it has ended and this is the rest of its output, the end of its standard
 * error comes behind it, at most 1 MiB. Waits about a second, looking every \`$3\` seconds (\`$4\` times), for something new to tell;
 * output that comes in the first \`$3\` seconds is waited for to be more where \`$5\` is \`later\`.
 *
 * The end is heard of at once where the job's script holds its lock: flock(1) says 9 when the time is over. Where the lock is free and the job
 * runs all the same, there was no flock for it.
 */
export const pollJobScript = `${common}
[ -d "$dir" ] || { echo "none - 0"; exit 0; }
locks=yes
pause() {
  if [ -n "$locks" ] && [ -f "$dir/begun" ]; then
    flock -s -E 9 -w "$1" "$dir/begun" true 2>/dev/null
    case $? in 9) return ;; 0) locks=; return ;; esac
    locks=
  fi
  sleep "$1"
}
[ "$5" != later ] || pause "$3"
i=0
while :; do
  # Asked in this order: a job that begins or ends in between is never taken for a lost one.
  if [ ! -f "$dir/begun" ]; then state=waiting; elif alive; then state=running; else state=lost; fi
  code=-
  if [ -f "$dir/exit" ]; then read -r code <"$dir/exit"; state=ended
  elif [ "$state" = lost ] && [ -f "$dir/cancelled" ]; then state=ended; code=143; fi
  size=0
  [ ! -s "$dir/stdout" ] || size=$(wc -c <"$dir/stdout")
  case $state in running | waiting) ;; *) break ;; esac
  [ "$size" -le "$2" ] && [ "$i" -lt "$4" ] || break
  pause "$3"; i=$((i + 1))
done
# Whoever was to launch it was cut off in between.
[ "$state" != waiting ] || launch
said=$(wc -c <"$dir/stderr")
errors=0
if [ "$state" = ended ] && [ "$((size - $2))" -le 1048576 ]; then
  errors=$said
  [ "$errors" -le 1048576 ] || errors=1048576
fi
echo "$state $code $size $errors $((size + said))"
[ "$size" -le "$2" ] || tail -c "+$(($2 + 1))" -- "$dir/stdout" | head -c 1048576
[ "$errors" = 0 ] || tail -c "$errors" -- "$dir/stderr"`;

/** Ends the job with all it started, by its unit or its process group; one that has not begun never will. */
export const cancelJobScript = `${common}
[ -d "$dir" ] && [ ! -f "$dir/exit" ] || exit 0
: >"$dir/cancelled"
( set -C; echo "0 0 never" >"$dir/begun" ) 2>/dev/null && exit 0
alive || exit 0
if command -v systemctl >/dev/null && systemctl is-active --quiet "$unit" 2>/dev/null; then
  systemctl stop "$unit"
else
  i=0
  while alive && [ "$i" -lt 100 ]; do kill -s TERM -- "-$pid" 2>/dev/null; sleep 0.1; i=$((i + 1)); done
  kill -s KILL -- "-$pid" 2>/dev/null
fi
exit 0`;

/** Removes an ended job's directory. Its script may live on for a moment behind the exit code that it wrote. */
export const removeJobScript = `${common}
if [ ! -f "$dir/exit" ] && alive; then echo "the job still runs" >&2; exit 1; fi
rm -rf -- "$dir"`;

/** Names all jobs, one a line. */
export const listJobsScript = `${common}
ls -1 -- "$base" 2>/dev/null || :`;
