/**
 * How a kept shell keeps apart the outputs of two commands: what a command leaves running in the background would go on
 * writing into the output of the next. So its outputs go through pipes of their own, and the shell is used again only
 * when nobody holds those any more.
 *
 * Two `cat`s live as long as the shell (a process for each command would cost more than most commands). Each reads, again
 * and again, its gate, its pipe and the mark: the gate is a FIFO that lets it go on when a command begins, the pipe
 * ends when the command and all it left behind have let go of it, and the mark then tells so. The commands hold only the
 * pipes, which have no name (AppArmor would keep a confined program from writing to a named one).
 *
 * Only its `cat` may read a pipe: when the link is gone the `cat` ends with it, and a command that goes on writing is ended
 * by SIGPIPE. A reader more, the shell itself, would let it wait for ever with all it holds.
 */
export interface Relay {
  /** The random word in the names of the gates and of the mark's file. Anyone on the host can see it in a list of processes. */
  readonly name: string;
  /** The random word that says on both outputs that nobody holds them any more. */
  readonly mark: string;
}

/** A command's script made to run through the relay; `before` commands went through it in the same shell. */
export function relayedScript(script: string, relay: Relay, before: number): string {
  const begin = before === 0 ? setUp(relay) : "";
  const start = before % relayedByOneCat === 0 ? startCats : "";
  return `${begin}${start}f() {
${script}}
relayed
`;
}

/** What a relay leaves on the host when its shell was killed: paths that need no quoting, some of which there are. */
export function relayFiles({ name }: Relay): readonly string[] {
  return directories.flatMap((directory) => ["o", "e", "m"].map((kind) => `${directory}/${name}.${kind}`));
}

/** Makes the gates. Where that can't be done (`$r` stays empty) each command has a `cat` of its own. */
function setUp({ name, mark }: Relay): string {
  return `r=
for d in ${directories.join(" ")}; do
  [ -w $d ] || continue
  if (umask 077; set -C; mkfifo $d/${name}.o $d/${name}.e && echo ${mark} >$d/${name}.m) 2>/dev/null
  then r=$d/${name}; break
  else rm -f $d/${name}.?
  fi
done
# Whoever waits at a gate is let go, and finds nothing more to read; also where the shell speaks to a link that is gone.
[ ! "$r" ] || { trap "exec 5<>$r.o 6<>$r.e; rm -f $r.?" EXIT; trap exit HUP PIPE TERM; }
carry() { a="$r.$1 /proc/self/fd/$2 $r.m"; for d in ${doublings}; do a="$a $a"; done; cat $a & }
relayed() {
  if [ "$r" ]; then { : >$r.o; : >$r.e; f; } >/proc/$out/fd/8 2>/proc/$err/fd/9
  else f | cat; echo ${mark} >&2; echo ${mark}; fi
}
`;
}

/** Where the gates may lie: in memory, or where everybody may write. */
const directories = ["/run", "/dev/shm", "/tmp"];

const doublings = "1 2 3 4 5 6";
const relayedByOneCat = 2 ** 6;

/** Makes the pipes and gives each to a `cat`, whose hold on it is the way to write into it. */
const startCats = `if [ "$r" ]; then
exec 8<<X 9<<X
one line makes bash take a pipe too
X
one line makes bash take a pipe too
X
if [ -p /proc/self/fd/8 ] && [ -p /proc/self/fd/9 ] && read -r d <&8 && read -r d <&9; then
  carry o 8 9<&- 2>/dev/null; out=$!
  carry e 9 8<&- >&2 2>/dev/null; err=$!
else rm -f $r.?; r=
fi
exec 8<&- 9<&-
fi
`;
